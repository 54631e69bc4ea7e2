package org.pmsevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.Alert;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.queue.api.JobFlow;

/** What is held back, and that nothing is told twice or forgotten. Windows end when the test says so. */
@QuarkusTest
class AdminNotifierTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MANY = 1_000;

    private final String key = "test:" + UUID.randomUUID();
    private final RequestContext context = new RequestContext("ada", TraceId.random());

    @Inject
    AdminNotifier notifier;

    @Inject
    AlertTable table;

    @Inject
    AlertJob shown;

    @Inject
    AlertWebhookJob posted;

    @Inject
    JobFlow jobs;

    @Inject
    Transactions transactions;

    @Inject
    AdminConfig config;

    @Inject
    Clock clock;

    @Inject
    MeterRegistry meters;

    @Inject
    Periodic periodic;

    @Inject
    Vertx vertx;

    @Inject
    Told told;

    private Alert alert(String detail) {
        return Alert.critical(key, "Something happened", detail, "thing", context);
    }

    private List<JsonNode> awaitMessages(int count) {
        await().until(() -> told.messages(key).size() >= count);
        return told.messages(key);
    }

    private void sendSummaries() {
        notifier.sendSummaries().await().atMost(PATIENCE);
    }

    private void record(Alert alert) {
        transactions
                .run(transaction -> notifier.record(transaction, alert))
                .await()
                .atMost(PATIENCE);
    }

    @Test
    void ofAThousandFromTwoReplicasOneIsSentAndTheOthersAreSummedUp() {
        var replica = new AdminNotifier(table, shown, posted, jobs, transactions, config, clock, meters, periodic, vertx);
        var raised = IntStream.range(0, MANY)
                .mapToObj(i ->
                        CompletableFuture.runAsync(() -> (i % 2 == 0 ? notifier : replica).raise(alert("number " + i))))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(raised).join();
        await().until(() -> told.counted(key) == MANY);
        var first = awaitMessages(1);
        assertThat(first).hasSize(1);
        assertThat(first.get(0).get("count").longValue()).isEqualTo(1);
        assertThat(first.get(0).get("summary").booleanValue()).isFalse();
        assertThat(first.get(0).get("traceId").textValue()).isEqualTo(context.traceId());

        told.endWindow(key);
        sendSummaries();
        sendSummaries();
        var all = awaitMessages(2);
        assertThat(all).hasSize(2);
        assertThat(all.get(1).get("count").longValue()).isEqualTo(MANY - 1);
        assertThat(all.get(1).get("summary").booleanValue()).isTrue();
        assertThat(told.counted(key)).isEqualTo(MANY);
    }

    @Test
    void aWindowInWhichNothingWasHeldBackHasNoSummaryAndTheNextAlertBeginsAnother() {
        record(alert("one"));
        told.endWindow(key);
        sendSummaries();
        assertThat(told.messages(key)).hasSize(1);
        record(alert("two"));
        record(alert("three"));
        // in one transaction: the service itself sums up, too
        transactions
                .run(transaction -> transaction
                        .preparedQuery("UPDATE alert SET window_until = now() WHERE key = $1")
                        .execute(Tuple.of(key))
                        .chain(() -> notifier.record(
                                transaction, alert("four: the window is not over before it is summed up"))))
                .await()
                .atMost(PATIENCE);
        sendSummaries();
        record(alert("five"));
        assertThat(told.messages(key))
                .extracting(message -> message.get("detail").textValue() + "/" + message.get("count"))
                .containsExactly("one/1", "two/1", "four: the window is not over before it is summed up/2", "five/1");
    }

    @Test
    void anOccurrenceCountsOnceHoweverOftenItIsRecorded() {
        var occurrence = alert("again").once(UUID.randomUUID());
        record(occurrence);
        record(occurrence);
        notifier.raise(occurrence);
        notifier.raise(alert("another"));
        await().until(() -> told.counted(key) == 2);
        assertThat(told.messages(key)).hasSize(1);
    }

    @Test
    void whatIsRolledBackWasNoAlert() {
        transactions
                .run(transaction -> notifier.record(transaction, alert("never"))
                        .chain(() -> Uni.createFrom().<Void>failure(new IllegalStateException("changed its mind"))))
                .onFailure()
                .recoverWithNull()
                .await()
                .atMost(PATIENCE);
        assertThat(told.counted(key)).isZero();
        record(alert("this one"));
        assertThat(told.messages(key)).hasSize(1);
    }

    @Test
    void theLogHasOneLineForEachMessage() {
        var lines = new CopyOnWriteArrayList<String>();
        var logger = Logger.getLogger("org.pmsevents.alerts");
        var handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                var text = line instanceof ExtLogRecord own ? own.getFormattedMessage() : line.getMessage();
                if (text.contains(key)) {
                    lines.add(text);
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            for (var detail : List.of("first\nline", "second", "third")) {
                record(alert(detail));
            }
            await().until(() -> lines.size() == 1);
            told.endWindow(key);
            await().until(() -> lines.size() == 2);
            assertThat(lines.get(0))
                    .startsWith("ALERT critical " + key + ": Something happened: first line")
                    .contains("count=1", "traceId=" + context.traceId());
            assertThat(lines.get(1)).contains("held back 2 more since", "the last at", ": third", "count=2");
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    void whatCarriesAlertsIsNotAlertedOf() {
        record(Alert.critical(key, "A job has failed for good", "by itself", AlertJob.KIND, context));
        assertThat(told.counted(key)).isZero();
    }

    @Test
    void aJobThatIsDiscardedIsAlertedOf() {
        var operator = Client.of("otto", "operator");
        var discarded = "job-discarded:queue.probe";
        long before = told.counted(discarded);
        for (int i = 0; i < 3; i++) {
            operator.request("{\"kind\":\"queue.probe\",\"payload\":{\"failures\":1},\"maxAttempts\":1}")
                    .post("/api/jobs")
                    .then()
                    .statusCode(202);
        }
        await().until(() -> told.counted(discarded) >= before + 3);
        assertThat(told.counted(discarded)).isEqualTo(before + 3);
    }

    @Test
    void whatIsLongIsShortenedAndWhatPostgresRefusesIsReplaced() {
        record(new Alert(
                key + "x".repeat(300),
                Alert.Severity.WARNING,
                "Long",
                "a\0b" + "😀".repeat(3_000),
                "thing",
                context,
                null));
        var message = told.messages((key + "x".repeat(300)).substring(0, 200)).get(0);
        assertThat(message.get("detail").textValue()).startsWith("a b").hasSize(3 + 2 * 1_997);
    }
}

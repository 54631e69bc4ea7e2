package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.faulttolerance.api.CircuitBreakerMaintenance;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventMessage;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.pms.outbound.FakePms;
import org.pmsevents.pms.outbound.WithPms;
import org.pmsevents.pms.webhook.Signatures;

/** What of our products comes to a PMS, and what callers are told of that. */
@QuarkusTest
@TestProfile(WithPms.class)
class ProductSyncTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration BUDGET = Duration.ofSeconds(WithPms.BUDGET_SECONDS);
    private static FakePms pms;

    private final Client editor = Client.editor();
    private final Client operator = Client.of("otto", "operator");
    private final String sku = Client.newSku("S ");
    private final CountDownLatch release = new CountDownLatch(1);

    @Inject
    CircuitBreakerMaintenance breakers;

    @Inject
    Vertx vertx;

    @Inject
    MeterRegistry meters;

    @BeforeAll
    static void openPms() {
        pms = WithPms.open();
    }

    @AfterAll
    static void closePms() {
        pms.close();
    }

    @BeforeEach
    void closeBreaker() {
        breakers.resetAll();
    }

    @AfterEach
    void letGo() {
        release.countDown();
        pms.answerAll(FakePms.status(200));
    }

    private void isPublished(String pmsSync) {
        editor.publish(sku).then().statusCode(200).body("pmsSync", equalTo(pmsSync));
    }

    private void awaitAccepted(Long... versions) {
        await("the PMS has it").atMost(SOON).until(() -> pms.accepted(sku).contains(versions[versions.length - 1]));
        awaitJob("completed");
        assertThat(pms.accepted(sku)).containsExactly(versions);
    }

    private JsonNode job() {
        for (var job : Client.json(operator.request().get("/api/jobs?kind=pms.sync&limit=500"))
                .get("items")) {
            if (job.get("uniqueKey").asText().equals(sku)) {
                return job;
            }
        }
        return null;
    }

    private JsonNode awaitJob(String state) {
        await("the newest job becomes " + state).atMost(SOON).until(() -> {
            var job = job();
            return job != null && job.get("state").asText().equals(state);
        });
        return job();
    }

    /** Then the next change by somebody else is. */
    @Test
    void whatThePmsSendsByWebhookIsNotSentBack() {
        var body = "{\"lines\":[" + Client.product(sku).replace("}}", "},\"status\":\"published\",\"pmsVersion\":1}")
                + "]}";
        long now = Clock.systemUTC().instant().getEpochSecond();
        var answer = editor.anonymous()
                .contentType("application/json")
                .body(body.getBytes(StandardCharsets.UTF_8))
                .header(Webhook.ID, "msg_" + now)
                .header(Webhook.TIME, now)
                .header(Webhook.SIGNATURE, Signatures.of("msg_" + now, now, body))
                .post("/webhooks/pms/products");
        answer.then().statusCode(200).body("published", equalTo(1));
        assertThat(job()).isNull();
        editor.patch(sku, "{\"name\":\"Other\"}").then().statusCode(200);
        awaitAccepted(3L);
    }

    @Test
    void aPublicationIsSentToThePmsBeforeItIsAnswered() {
        long head = editor.head();
        editor.create(
                sku,
                Client.product(sku).replace("12.50", "12345678901234567.8900").replace("}}", "},\"tags\":[\"ö\"]}"));
        assertThat(pms.received(sku)).isEmpty();
        var answer = editor.publish(sku);
        answer.then().statusCode(200).body("pmsSync", equalTo("synced"));
        var received = pms.received(sku);
        assertThat(received).hasSize(1);
        var request = received.get(0);
        assertThat(answer.asString()).isEqualTo(request.body().replaceFirst("}$", ",\"pmsSync\":\"synced\"}"));
        assertThat(request.body()).contains("\"amount\":12345678901234567.8900,");
        assertThat(request.path()).isEqualTo("/pms/products/" + sku.replace(" ", "%20"));
        assertThat(request.header("Traceparent")).contains(editor.traceId);
        var event = editor.events(head, sku, 2).get(1);
        assertThat(event.get("type").asText()).isEqualTo("product.published");
        assertThat(request.header("Idempotency-key"))
                .isEqualTo(event.at("/metadata/id").asText());
        assertThat(awaitJob("completed").get("result")).hasToString("{\"version\":2,\"outcome\":\"accepted\"}");
    }

    @Test
    void publishingAgainSendsNothing() {
        editor.create(sku);
        isPublished("synced");
        isPublished("synced");
        assertThat(pms.received(sku)).hasSize(1);
    }

    @Test
    void draftsAreNotSentAndLaterChangesOfAPublishedProductAre() {
        editor.create(sku);
        editor.patch(sku, "{\"name\":\"Draft\"}").then().statusCode(200);
        isPublished("synced");
        editor.patch(sku, "{\"price\":{\"amount\":1.10}}").then().statusCode(200);
        awaitAccepted(3L, 4L);
        editor.put(sku, Client.product(sku)).then().statusCode(200);
        awaitAccepted(3L, 4L, 5L);
        editor.archive(sku).then().statusCode(204);
        awaitAccepted(3L, 4L, 5L, 6L);
        var last = pms.received(sku).get(3);
        assertThat(Client.json(last.body()).get("status").asText()).isEqualTo("archived");
        assertThat(pms.received(sku).stream().map(each -> each.header("Idempotency-key")))
                .doesNotHaveDuplicates();
    }

    @Test
    void anArchivedDraftIsNotSent() {
        editor.create(sku);
        editor.archive(sku).then().statusCode(204);
        assertThat(job()).isNull();
    }

    @Test
    void aSlowPmsDelaysTheAnswerByTheBudgetAtMost() {
        editor.create(sku);
        pms.answer(sku, FakePms.after(release, FakePms.status(200)));
        long begun = System.nanoTime();
        isPublished("pending");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isBetween(BUDGET, BUDGET.plusSeconds(5));
        release.countDown();
        awaitAccepted(2L);
    }

    @Test
    void anUnavailablePmsFailsNoRequestAndGetsAllChangesLater() {
        editor.create(sku);
        pms.close();
        try {
            isPublished("pending");
            editor.patch(sku, "{\"name\":\"While it was down\"}").then().statusCode(200);
            isPublished("pending");
        } finally {
            pms.open();
        }
        awaitAccepted(3L);
        assertThat(Client.json(pms.received(sku).get(0).body()).get("name").asText())
                .isEqualTo("While it was down");
    }

    @Test
    void severalQuickChangesBecomeOneSyncOfTheNewestVersion() {
        editor.create(sku);
        pms.answer(sku, FakePms.after(release, FakePms.status(200)));
        isPublished("pending");
        for (int i = 0; i < 5; i++) {
            editor.patch(sku, "{\"name\":\"Name " + i + "\"}").then().statusCode(200);
        }
        assertThat(pms.received(sku)).hasSize(1);
        release.countDown();
        awaitAccepted(2L, 7L);
    }

    @Test
    void anOlderVersionIsNeverSentAfterANewerOne() {
        editor.create(sku);
        isPublished("synced");
        for (int i = 0; i < 30; i++) {
            if (i % 7 == 0) {
                pms.answer(sku, FakePms.status(503), FakePms.cut());
            }
            editor.patch(sku, "{\"name\":\"Name " + i + "\"}").then().statusCode(200);
        }
        await("the newest arrives").atMost(SOON).until(() -> pms.accepted(sku).contains(32L));
        awaitJob("completed");
        assertThat(pms.received(sku)).extracting(FakePms.Received::version).isSorted();
        assertThat(pms.accepted(sku)).doesNotHaveDuplicates().endsWith(32L);
    }

    @Test
    void aChangeByThePmsIsNotSentBack() {
        editor.create(sku);
        isPublished("synced");
        var itself = Client.of("pms", "editor", "stock");
        itself.patch(sku, "{\"name\":\"By the PMS\"}").then().statusCode(200);
        itself.adjust(sku, 5);
        itself.publish(sku).then().statusCode(200).body("pmsSync", equalTo("synced"));
        assertThat(job().get("state").asText()).isEqualTo("completed");
        editor.patch(sku, "{\"name\":\"By us\"}").then().statusCode(200);
        awaitAccepted(2L, 4L);
    }

    @Test
    void aPublicationByThePmsIsNotSentBack() {
        editor.create(sku);
        Client.of("pms", "editor").publish(sku).then().statusCode(200).body("pmsSync", equalTo("synced"));
        assertThat(job()).isNull();
        isPublished("synced");
        assertThat(pms.received(sku)).isEmpty();
    }

    @Test
    void aPendingChangeIsSentEvenIfThePmsChangesTheProductMeanwhile() {
        editor.create(sku);
        pms.close();
        try {
            isPublished("pending");
            Client.of("pms", "editor")
                    .patch(sku, "{\"description\":\"By the PMS\"}")
                    .then()
                    .statusCode(200);
        } finally {
            pms.open();
        }
        awaitAccepted(3L);
    }

    @Test
    void aReplayReportsTheCurrentStateOfTheSync() {
        editor.create(sku);
        pms.answer(sku, FakePms.after(release, FakePms.status(200)));
        var path = Client.path(sku) + "/publish";
        editor.request()
                .header("Idempotency-Key", sku)
                .post(path)
                .then()
                .statusCode(200)
                .body("pmsSync", equalTo("pending"));
        release.countDown();
        awaitAccepted(2L);
        editor.request()
                .header("Idempotency-Key", sku)
                .post(path)
                .then()
                .statusCode(200)
                .header("Idempotent-Replayed", "true")
                .body("version", equalTo(2))
                .body("pmsSync", equalTo("synced"));
    }

    @Test
    void aRefusalIsFinalPublishedAsAnErrorAndRetriedByTheNextPublication() {
        var told = new CopyOnWriteArrayList<EventMessage>();
        var consumer =
                vertx.eventBus().<EventMessage>localConsumer("error.integration", message -> told.add(message.body()));
        try {
            editor.create(sku);
            pms.answer(sku, FakePms.status(422));
            isPublished("pending");
            var job = awaitJob("discarded");
            assertThat(job.at("/errors/0/error").asText()).isEqualTo("the PMS: refused with status 422");
            await().until(() -> told.stream().anyMatch(event -> event.subject().equals(sku)));
            var event = told.stream()
                    .filter(each -> each.subject().equals(sku))
                    .findFirst()
                    .orElseThrow();
            assertThat(event.metadata().traceId()).isEqualTo(editor.traceId);
            assertThat(Client.json(event.payload())).isEqualTo(Client.json("""
                    {"target":"pms","operation":"%s","attempt":1,"status":422,"temporary":false,\
                    "detail":"refused with status 422"}""".formatted(sku)));
            isPublished("synced");
        } finally {
            consumer.unregister();
        }
    }

    @Test
    void aNewerVersionAtThePmsIsFine() {
        editor.create(sku);
        pms.answer(sku, FakePms.status(409));
        isPublished("synced");
        assertThat(awaitJob("completed").get("result")).hasToString("{\"version\":2,\"outcome\":\"newer\"}");
    }

    @Test
    void theQueueHonoursRetryAfter() {
        editor.create(sku);
        pms.answer(sku, FakePms.status(429, "Retry-After", "600"));
        var before = Instant.now();
        isPublished("pending");
        var job = awaitJob("retryable");
        assertThat(Duration.between(before, Instant.parse(job.get("runAt").asText())))
                .isBetween(Duration.ofSeconds(599), Duration.ofSeconds(610));
        operator.request()
                .post("/api/jobs/" + job.get("id").asText() + "/retry")
                .then()
                .statusCode(200);
        awaitAccepted(2L);
    }

    @Test
    void callsAreMeasuredByOutcome() {
        editor.create(sku);
        isPublished("synced");
        assertThat(meters.timer("pms.sync", "outcome", "accepted").count()).isPositive();
        assertThat(meters.get("pms.outage").gauge().value()).isZero();
    }
}

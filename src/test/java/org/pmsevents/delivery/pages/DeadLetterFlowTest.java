package org.pmsevents.delivery.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.alert.Told;
import org.pmsevents.delivery.sse.QuickFeed;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.handler.DurableHandlers;

@QuarkusTest
@TestProfile(QuickFeed.class)
class DeadLetterFlowTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String NONE = "/api/events/dead-letters/" + new UUID(0, 7) + "/retry";

    private final Client editor = Client.editor();
    private final Client operator = Client.of("otto", "operator");
    private final String name = "test-" + UUID.randomUUID();
    private final List<String> skus = List.of(sku("1"), sku("2"), sku("3"), sku("4"), sku("5"));
    /** How often the event of a product still fails. */
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();

    private final List<String> tried = new CopyOnWriteArrayList<>();
    private final List<EventMessage> alerts = new CopyOnWriteArrayList<>();
    private MessageConsumer<EventMessage> listener;

    @Inject
    DurableHandlers handlers;

    @Inject
    Pool pool;

    @Inject
    EventBus bus;

    @Inject
    Told told;

    private String sku(String number) {
        return Client.newSku("D" + number + "-");
    }

    private RowSet<Row> execute(String sql, Object... parameters) {
        return pool.preparedQuery(sql).execute(Tuple.from(parameters)).await().atMost(PATIENCE);
    }

    @BeforeEach
    void registerTheHandler() {
        execute("CREATE TABLE IF NOT EXISTS test_handled (handler text, sku text)");
        listener = bus.consumer("error.system", message -> {
            if (message.body().metadata().subject().equals(name)) {
                alerts.add(message.body());
            }
        });
        handlers.register(name, Set.of(EventType.PRODUCT_CREATED), this::handle);
        await().until(() -> cursor() >= editor.head());
    }

    /** So that the cursor keeps nobody's events from being deleted. */
    @AfterEach
    void removeTheHandler() {
        listener.unregister();
        execute("DELETE FROM handler_cursor WHERE handler = $1", name);
        execute("DELETE FROM dead_letter WHERE handler = $1", name);
    }

    private Uni<Void> handle(SqlClient transaction, FeedEvent event) {
        var subject = event.message().metadata().subject();
        if (!skus.contains(subject)) {
            return Uni.createFrom().voidItem();
        }
        tried.add(subject);
        return transaction
                .preparedQuery("INSERT INTO test_handled VALUES ($1, $2)")
                .execute(Tuple.of(name, subject))
                .replaceWithVoid()
                .invoke(() -> {
                    if (failures.merge(subject, -1, Integer::sum) >= 0) {
                        throw new IllegalStateException("cannot take " + subject + "\0");
                    }
                });
    }

    private long cursor() {
        var rows = execute("SELECT position FROM handler_cursor WHERE handler = $1", name)
                .iterator();
        return rows.hasNext() ? rows.next().getLong(0) : -1;
    }

    private List<String> handled() {
        var handled = new ArrayList<String>();
        execute("SELECT sku FROM test_handled WHERE handler = $1", name).forEach(row -> handled.add(row.getString(0)));
        return handled;
    }

    /** All the products' events come to the handler as one batch. */
    private void createProducts() {
        execute("UPDATE handler_cursor SET retry_at = now() + interval '1 hour' WHERE handler = $1", name);
        skus.forEach(editor::create);
        var last = skus.get(skus.size() - 1);
        await().until(() -> !editor.events(0, last).isEmpty());
        execute("UPDATE handler_cursor SET retry_at = NULL WHERE handler = $1", name);
        await().until(() -> cursor() >= editor.head());
    }

    private List<JsonNode> letters() {
        var letters = new ArrayList<JsonNode>();
        Client.json(operator.request().get("/api/events/dead-letters?limit=500"))
                .get("items")
                .forEach(letter -> {
                    if (letter.get("handler").textValue().equals(name)) {
                        letters.add(letter);
                    }
                });
        return letters;
    }

    /** Takes several events at once, and fails with all of them if one is bad. */
    private void takeTogether(List<Integer> sizes) {
        handlers.registerBatch(name, Set.of(EventType.PRODUCT_CREATED), (transaction, events) -> {
            sizes.add(events.size());
            return Multi.createFrom()
                    .iterable(events)
                    .onItem()
                    .transformToUniAndConcatenate(event -> handle(transaction, event))
                    .collect()
                    .last();
        });
    }

    @Test
    void eventsThatAreTakenTogetherAreHandledOnceInOrder() {
        var sizes = new CopyOnWriteArrayList<Integer>();
        takeTogether(sizes);
        createProducts();
        assertThat(handled()).containsExactlyElementsOf(skus);
        assertThat(sizes).contains(skus.size());
    }

    @Test
    void theBadOneOfSeveralIsFoundAndIsTheOnlyDeadLetter() {
        failures.put(skus.get(2), 100);
        takeTogether(new CopyOnWriteArrayList<>());
        createProducts();
        assertThat(handled()).containsExactly(skus.get(0), skus.get(1), skus.get(3), skus.get(4));
        assertThat(letters()).hasSize(1);
        assertThat(letters().get(0).at("/event/metadata/subject").textValue()).isEqualTo(skus.get(2));
    }

    @Test
    void whatAHandlerNeedsMayBeAwayForLongerThanItsAttempts() {
        var away = new AtomicInteger(3 * QuickFeed.ATTEMPTS);
        handlers.registerBatch(
                name,
                Set.of(EventType.PRODUCT_CREATED),
                (transaction, events) -> away.getAndDecrement() > 0
                        ? Uni.createFrom()
                                .failure(new DurableHandlers.NotNowException(new IllegalStateException("away")))
                        : handle(transaction, events.get(0)));
        createProducts();
        assertThat(away.get()).isNegative();
        assertThat(handled()).contains(skus.get(0));
        assertThat(letters()).isEmpty();
    }

    @Test
    void everyEventOfABatchIsHandledOnceInOrder() {
        createProducts();
        assertThat(handled()).containsExactlyElementsOf(skus);
        assertThat(tried).containsExactlyElementsOf(skus);
    }

    @Test
    void anEventThatFailsForAWhileIsTriedAgainAndThenHandledInOrder() {
        failures.put(skus.get(2), 2);
        createProducts();
        assertThat(handled()).containsExactlyElementsOf(skus);
        assertThat(letters()).isEmpty();
        assertThat(alerts).isEmpty();
    }

    @Test
    void anEventThatKeepsFailingBecomesADeadLetterAndThoseAroundItAreHandledOnce() {
        failures.put(skus.get(2), 100);
        createProducts();
        assertThat(handled())
                .as("tried: %s", tried)
                .containsExactly(skus.get(0), skus.get(1), skus.get(3), skus.get(4));

        assertThat(letters()).hasSize(1);
        var letter = letters().get(0);
        assertThat(letter.fieldNames())
                .toIterable()
                .containsExactly("id", "handler", "position", "event", "attempts", "error", "parkedAt");
        assertThat(letter.at("/event/metadata/subject").textValue()).isEqualTo(skus.get(2));
        assertThat(letter.at("/event/metadata/position")).isEqualTo(letter.get("position"));
        assertThat(letter.get("attempts").intValue()).isEqualTo(QuickFeed.ATTEMPTS);
        assertThat(letter.get("error").textValue()).contains("cannot take " + skus.get(2));

        await().until(() -> alerts.size() == 1);
        assertThat(alerts.get(0).payload())
                .contains(name, letter.get("position").toString());
        assertThat(alerts.get(0).metadata().traceId()).isEqualTo(editor.traceId);
        assertThat(told.counted("dead-letter:" + name)).isEqualTo(1);
        var told = this.told.messages("dead-letter:" + name).get(0);
        assertThat(told.get("detail").textValue())
                .contains(letter.get("position").toString(), "cannot take");
        assertThat(told.get("traceId").textValue()).isEqualTo(editor.traceId);
    }

    @Test
    void aDeadLetterIsRetriedOnDemandAndGoneOnceItIsTaken() {
        failures.put(skus.get(0), QuickFeed.ATTEMPTS + 2);
        createProducts();
        var retry = "/api/events/dead-letters/" + letters().get(0).get("id").textValue() + "/retry";
        while (failures.get(skus.get(0)) > 0) {
            operator.isProblem(operator.request().post(retry), 409, "dead-letter-failed-again");
            assertThat(letters()).hasSize(1);
        }
        assertThat(handled()).doesNotContain(skus.get(0));
        assertThat(operator.request().post(retry).statusCode()).isEqualTo(204);
        assertThat(letters()).isEmpty();
        assertThat(handled()).containsOnlyOnce(skus.get(0));
        operator.isProblem(operator.request().post(retry), 404, "dead-letter-not-found");
    }

    @Test
    void deadLettersComeInPages() {
        skus.forEach(sku -> failures.put(sku, 100));
        createProducts();
        var ids = new ArrayList<String>();
        var query = "?limit=2";
        while (!query.isEmpty()) {
            var page = Client.json(operator.request().get("/api/events/dead-letters" + query));
            page.get("items").forEach(letter -> ids.add(letter.get("id").textValue()));
            query = page.get("next").isNull()
                    ? ""
                    : "?limit=2&after=" + page.get("next").textValue();
        }
        assertThat(ids).doesNotHaveDuplicates().isSorted();
        assertThat(letters())
                .extracting(letter -> letter.at("/event/metadata/subject").textValue())
                .containsExactlyElementsOf(skus);
    }

    @Test
    void deadLettersAreForOperators() {
        editor.isProblem(editor.request().get("/api/events/dead-letters"), 403, "forbidden");
        editor.isProblem(editor.request().post(NONE), 403, "forbidden");
        operator.isProblem(operator.request().post(NONE), 404, "dead-letter-not-found");
        operator.isProblem(operator.request().post("/api/events/dead-letters/x/retry"), 404, "dead-letter-not-found");
        operator.isProblem(operator.request().get("/api/events/dead-letters?after=eA"), 400, "validation-failed");
    }
}

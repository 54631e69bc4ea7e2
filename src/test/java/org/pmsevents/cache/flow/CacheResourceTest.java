package org.pmsevents.cache.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.eventbus.EventBus;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.event.EventMessage;
import org.pmsevents.queue.CleanUp;

@QuarkusTest
class CacheResourceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Client operator = Client.of("olga", "operator");
    private final Client editor = Client.editor();
    private final String sku = Client.newSku("R");

    @Inject
    Pool pool;

    @Inject
    HotKeys hotKeys;

    @Inject
    CacheCleanUp cleanUp;

    @Inject
    EventBus bus;

    private JsonNode stats() {
        return Client.json(operator.request().get("/api/cache/stats"));
    }

    private void sql(String statement, Object... parameters) {
        pool.preparedQuery(statement)
                .execute(Tuple.from(List.of(parameters)))
                .await()
                .atMost(PATIENCE);
    }

    private double stored(String key) {
        var rows = pool.preparedQuery("SELECT reads FROM cache_entry WHERE key = $1")
                .execute(Tuple.of(key))
                .await()
                .atMost(PATIENCE);
        return rows.size() == 0 ? 0 : rows.iterator().next().getDouble("reads");
    }

    @Test
    void tellsHowTheCacheDoes() {
        editor.create(sku);
        var before = stats();
        for (int i = 0; i < 10; i++) {
            editor.read(sku).then().statusCode(200);
        }
        editor.read(sku + "-not").then().statusCode(404);
        editor.read(sku + "-not").then().statusCode(404);
        var after = stats();
        assertThat(after.get("replica").asText()).isNotEmpty();
        assertThat(after.at("/l1/hits").longValue() - before.at("/l1/hits").longValue())
                .isGreaterThanOrEqualTo(11);
        assertThat(after.at("/l1/misses").longValue())
                .isGreaterThan(before.at("/l1/misses").longValue());
        assertThat(after.at("/l1/entries").longValue()).isPositive();
        assertThat(after.at("/l1/bytes").longValue()).isPositive();
        assertThat(after.at("/l1/maximum").longValue()).isEqualTo(32 * 1024 * 1024);
        assertThat(after.at("/l1/hitRate").doubleValue()).isBetween(0.01, 1.0);
        assertThat(after.at("/l2/reachable").booleanValue()).isTrue();
        assertThat(after.at("/loads/count").longValue())
                .isGreaterThan(before.at("/loads/count").longValue());
        assertThat(after.at("/loads/averageMillis").doubleValue()).isPositive();
        assertThat(after.at("/negative").longValue())
                .isGreaterThan(before.at("/negative").longValue());
        assertThat(after.get("warm").get("at").asText()).isNotEmpty();
        assertThat(after.get("hottest").size()).isBetween(1, 20);
    }

    @Test
    void isForOperators() {
        for (var path : List.of("/api/cache/stats", "/api/cache?key=product:A")) {
            var request = editor.request();
            editor.isProblem(path.contains("?") ? request.delete(path) : request.get(path), 403, "forbidden");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"key=product:%s", "tag=product:%s"})
    void whatIsClearedIsReadFromPostgres(String what) {
        editor.create(sku);
        sql("UPDATE product SET name = 'Written by hand' WHERE sku = $1", sku);
        editor.read(sku).then().body("name", equalTo("Lamp"));
        operator.request().delete("/api/cache?" + what.formatted(sku)).then().statusCode(204);
        editor.read(sku).then().body("name", equalTo("Written by hand"));
        await("it is cached again").atMost(PATIENCE).untilAsserted(() -> {
            editor.read(sku).then().body("name", equalTo("Written by hand"));
            sql("UPDATE product SET name = 'Written again' WHERE sku = $1", sku);
            editor.read(sku).then().body("name", equalTo("Written by hand"));
        });
    }

    @Test
    void aClearedTagIsToldToTheOtherReplicas() {
        var told = new CopyOnWriteArrayList<EventMessage>();
        var listener = bus.<EventMessage>consumer("cache.invalid", message -> told.add(message.body()));
        try {
            var list = "/api/products?q=" + sku;
            editor.create(sku);
            editor.request().get(list).then().body("items[0].name", equalTo("Lamp"));
            sql("UPDATE product SET name = 'Written by hand' WHERE sku = $1", sku);
            operator.request().delete("/api/cache?tag=products").then().statusCode(204);
            editor.request().get(list).then().body("items[0].name", equalTo("Written by hand"));
            await().atMost(PATIENCE)
                    .until(() -> told.stream()
                            .anyMatch(each -> each.payload().contains("\"tags\":[\"products\"]")
                                    && each.payload().contains("\"xid\":")
                                    && each.metadata().actor().equals("olga")));
        } finally {
            listener.unregister();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?key=product:A&tag=products",
                "?key=product",
                "?key=orders:1",
                "?tag=orders",
                "?tag=product",
                "?tag=stocks:A"
            })
    void whatIsNotCachedCanNotBeCleared(String query) {
        operator.isProblem(operator.request().delete("/api/cache" + query), 400, "validation-failed");
    }

    @Test
    void readsAreCountedAndTheirNumbersAddedUpInPostgres() {
        editor.create(sku);
        var key = "product:" + sku;
        for (int i = 0; i < 30; i++) {
            editor.read(sku).then().statusCode(200);
        }
        hotKeys.store().await().atMost(PATIENCE);
        assertThat(stored(key)).isBetween(29.9, 30.0);
        hotKeys.store().await().atMost(PATIENCE);
        assertThat(stored(key)).as("nothing is added twice").isBetween(29.9, 30.0);
        for (int i = 0; i < 10; i++) {
            editor.read(sku).then().statusCode(200);
        }
        hotKeys.store().await().atMost(PATIENCE);
        assertThat(stored(key)).isBetween(39.8, 40.0);
        sql("UPDATE cache_entry SET counted_at = now() - interval '12 hours' WHERE key = $1", key);
        editor.read(sku).then().statusCode(200);
        hotKeys.store().await().atMost(PATIENCE);
        assertThat(stored(key)).as("a quarter of it after two half-lives").isBetween(10.8, 11.1);
    }

    @Test
    void whatIsReadLeastIsForgottenAndOldNoticesToo() {
        sql("INSERT INTO cache_entry (key, reads) SELECT 'product:F' || n, 0.001 FROM generate_series(1, 10100) AS n");
        sql("INSERT INTO cache_entry (key, reads) VALUES ($1, 1e9)", "product:" + sku);
        sql(
                "INSERT INTO cache_entry (key, reads, counted_at) VALUES ($1, 1e9, now() - interval '30 years')",
                "product:old" + sku);
        sql("INSERT INTO cache_notice (tag, noted_at) VALUES ($1, now() - interval '2 hours')", "product:" + sku);
        cleanUp.run(new CleanUp.Nothing(), null).await().atMost(PATIENCE);
        assertThat(stored("product:" + sku)).isEqualTo(1e9);
        assertThat(stored("product:old" + sku)).isZero();
        var left = pool.query("SELECT (SELECT count(*) FROM cache_entry WHERE key LIKE 'product:F%') AS entries,"
                        + " (SELECT count(*) FROM cache_notice WHERE noted_at < now() - interval '1 hour') AS notices")
                .execute()
                .await()
                .atMost(PATIENCE)
                .iterator()
                .next();
        assertThat(left.getLong("entries")).isLessThan(10_000);
        assertThat(left.getLong("notices")).isZero();
        sql("DELETE FROM cache_entry");
    }
}

package org.pmsevents.cache.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cache.version.TagVersions;

/** Where a stock comes from is seen by what was written behind the cache's back. */
@QuarkusTest
class StockCacheTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Client user = Client.of("sam", "editor", "stock");
    private final String sku = Client.newSku("S");

    @Inject
    Pool pool;

    @Inject
    TagVersions tagVersions;

    @BeforeEach
    void createProduct() {
        long created = user.createTold(sku);
        user.adjust(sku, 10);
        long moved =
                user.events(created, sku, 1).get(0).at("/metadata/position").longValue();
        await("this replica has heard of it").until(() -> tagVersions.now().position() >= moved);
        reads(10);
    }

    private long onHand() {
        return user.stock(sku).get("onHand").longValue();
    }

    private void reads(long onHand) {
        assertThat(onHand()).isEqualTo(onHand);
    }

    private void setBehindTheBack(long onHand) {
        sql("UPDATE stock SET on_hand = $2 WHERE sku = $1", sku, (int) onHand);
    }

    private void sql(String statement, Object... parameters) {
        pool.preparedQuery(statement)
                .execute(Tuple.from(List.of(parameters)))
                .await()
                .atMost(PATIENCE);
    }

    private SqlConnection begin() {
        var connection = pool.getConnection().await().atMost(PATIENCE);
        connection.query("BEGIN").execute().await().atMost(PATIENCE);
        return connection;
    }

    private void changeThreshold(SqlConnection connection, String of, int threshold) {
        changeThreshold(connection, of, threshold, "stock:" + of);
    }

    private void changeThreshold(SqlConnection connection, String of, int threshold, String tag) {
        connection
                .preparedQuery(
                        "UPDATE stock SET threshold = $2, low = on_hand <= $2, version = version + 1 WHERE sku = $1")
                .execute(Tuple.of(of, threshold))
                .chain(() -> connection
                        .preparedQuery("INSERT INTO cache_notice (tag) VALUES ($1)")
                        .execute(Tuple.of(tag)))
                .await()
                .atMost(PATIENCE);
    }

    private static void commit(SqlConnection connection) {
        connection
                .query("COMMIT")
                .execute()
                .chain(() -> connection.close())
                .await()
                .atMost(PATIENCE);
    }

    @Test
    void aStockIsReadFromTheProcess() {
        setBehindTheBack(99);
        reads(10);
    }

    @Test
    void whoHasMovedAStockReadsThatAtOnce() {
        for (int i = 1; i <= 20; i++) {
            user.adjust(sku, 1);
            reads(10 + i);
        }
    }

    @Test
    void whatAnotherReplicaHasMovedIsReadOnceTheFeedTellsOfIt() {
        sql("UPDATE stock SET on_hand = 7, version = version + 1 WHERE sku = $1", sku);
        sql("""
                INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                VALUES (gen_random_uuid(), 'inventory.updated', $1, 'test', repeat('a', 32), now(), '{}')
                """, sku);
        await().atMost(PATIENCE).untilAsserted(() -> reads(7));
    }

    @Test
    void aThresholdIsReadAtOnceWhereItWasSet() {
        user.threshold(sku, "{\"threshold\":3}").then().statusCode(200);
        assertThat(user.stock(sku).get("threshold").longValue()).isEqualTo(3);
        user.threshold(sku, "{\"threshold\":null}").then().statusCode(200);
        assertThat(user.stock(sku).get("threshold").isNull()).isTrue();
    }

    @Test
    void aThresholdLeavesNoEventAndIsNoticedByOtherReplicasAllTheSame() {
        long head = user.head();
        var elsewhere = begin();
        changeThreshold(elsewhere, sku, 2);
        assertThat(user.stock(sku).get("threshold").isNull()).isTrue();
        commit(elsewhere);
        await().atMost(PATIENCE).until(() -> user.stock(sku).get("threshold").longValue() == 2);
        user.threshold(sku, "{\"threshold\":3}").then().statusCode(200);
        assertThat(user.events(head, sku)).isEmpty();
    }

    @Test
    void aThresholdThatIsCommittedAfterALaterOneIsNoticedToo() {
        var other = Client.newSku("S");
        user.create(other);
        user.stock(other);
        var early = begin();
        changeThreshold(early, sku, 2);
        var late = begin();
        changeThreshold(late, other, 4);
        commit(late);
        await().atMost(PATIENCE).until(() -> user.stock(other).get("threshold").longValue() == 4);
        assertThat(user.stock(sku).get("threshold").isNull()).isTrue();
        commit(early);
        await().atMost(PATIENCE).until(() -> user.stock(sku).get("threshold").longValue() == 2);
    }

    @Test
    void ofTwoThatChangeTheSamePageTheOneThatIsCommittedLaterIsNoticedThoughItBeganEarlier() {
        var other = Client.newSku("S");
        user.create(other);
        for (var each : List.of(sku, other)) {
            user.adjust(each, "{\"delta\":1,\"reason\":\"receipt\",\"location\":\"" + sku + "\"}")
                    .then()
                    .statusCode(200);
        }
        var early = begin();
        changeThreshold(early, sku, 2, "stocks");
        var late = begin();
        changeThreshold(late, other, 4, "stocks");
        commit(late);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(thresholdsAt(sku)).containsEntry(other, 4).containsEntry(sku, null));
        commit(early);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(thresholdsAt(sku)).containsEntry(other, 4).containsEntry(sku, 2));
    }

    private Map<String, Integer> thresholdsAt(String location) {
        Map<String, Integer> found = new HashMap<>();
        Client.json(user.request().get("/api/inventory?location=" + location))
                .get("items")
                .forEach(stock -> found.put(
                        stock.get("sku").textValue(),
                        stock.get("threshold").isNull()
                                ? null
                                : stock.get("threshold").intValue()));
        return found;
    }

    @Test
    void thatThereIsNoStockSomewhereIsRememberedUntilThereIs() {
        var path = Client.stockPath(sku) + "?location=annex";
        user.isProblem(user.request().get(path), 404, "stock-not-found");
        sql("INSERT INTO location (location) VALUES ('annex') ON CONFLICT DO NOTHING");
        sql("INSERT INTO stock (sku, location, on_hand) VALUES ($1, 'annex', 4)", sku);
        user.isProblem(user.request().get(path), 404, "stock-not-found");
        sql("DELETE FROM stock WHERE sku = $1 AND location = 'annex'", sku);
        user.threshold(sku, "{\"threshold\":1,\"location\":\"annex\"}").then().statusCode(200);
        user.request().get(path).then().statusCode(200).body("onHand", equalTo(0));
    }

    @Test
    void thatThereIsNoSuchProductIsForgottenForItsStockToo() {
        var later = Client.newSku("S");
        user.isProblem(user.request().get(Client.stockPath(later)), 404, "product-not-found");
        user.isProblem(user.request().get(Client.stockPath(later)), 404, "product-not-found");
        user.create(later);
        assertThat(user.stock(later).get("onHand").longValue()).isZero();
    }

    @Test
    void aPageOfStockIsReadAnewAfterEachChangeThatItShows() {
        user.adjust(sku, "{\"delta\":2,\"reason\":\"receipt\",\"location\":\"" + sku + "\"}")
                .then()
                .statusCode(200);
        var list = "/api/inventory?location=" + sku;
        await().atMost(PATIENCE).untilAsserted(() -> {
            user.request().get(list).then().body("items[0].onHand", equalTo(2));
            sql("UPDATE stock SET on_hand = 3 WHERE sku = $1 AND location = $1", sku);
            user.request().get(list).then().body("items[0].onHand", equalTo(2));
            sql("UPDATE stock SET on_hand = 2 WHERE sku = $1 AND location = $1", sku);
        });
        user.adjust(sku, "{\"delta\":3,\"reason\":\"receipt\",\"location\":\"" + sku + "\"}")
                .then()
                .statusCode(200);
        user.request().get(list).then().body("items[0].onHand", equalTo(5));
    }

    @Test
    void aPageOfWhatIsLowIsReadAnewAfterEachChangeOfThat() {
        user.adjust(sku, "{\"delta\":2,\"reason\":\"receipt\",\"location\":\"" + sku + "\"}")
                .then()
                .statusCode(200);
        var low = "/api/inventory?low=true&location=" + sku;
        user.request().get(low).then().body("items.size()", equalTo(0));
        user.threshold(sku, "{\"threshold\":2,\"location\":\"" + sku + "\"}")
                .then()
                .statusCode(200);
        user.request().get(low).then().body("items.size()", equalTo(1));
        user.threshold(sku, "{\"threshold\":1,\"location\":\"" + sku + "\"}")
                .then()
                .statusCode(200);
        user.request().get(low).then().body("items.size()", equalTo(0));
        user.adjust(sku, "{\"delta\":-1,\"reason\":\"sale\",\"location\":\"" + sku + "\"}")
                .then()
                .statusCode(200);
        user.request().get(low).then().body("items.size()", equalTo(1));
    }
}

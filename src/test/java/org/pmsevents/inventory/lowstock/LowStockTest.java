package org.pmsevents.inventory.lowstock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.alert.Told;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.platform.database.Transactions;

/** What is found without a movement: stock that became low by other means, and levels that Redis has lost. */
@QuarkusTest
class LowStockTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Client editor = Client.editor();
    private final Client keeper = Client.of("stan", "stock");
    private final String sku = Client.newSku("LOW");
    private long head;

    @Inject
    LowStockFlow lowStock;

    @Inject
    StockLevels levels;

    @Inject
    MeterRegistry meters;

    @Inject
    RedisDataSource redis;

    @Inject
    Pool pool;

    @Inject
    EventPublisher events;

    @Inject
    Transactions transactions;

    @Inject
    Told admins;

    @BeforeEach
    void createStock() {
        long created = editor.createTold(sku);
        keeper.adjust(sku, 10);
        head = editor.events(created, sku, 1).get(0).at("/metadata/position").longValue();
        keeper.threshold(sku, "{\"threshold\":5}").then().statusCode(200);
    }

    private void setOnHand(int onHand) {
        pool.preparedQuery("UPDATE stock SET on_hand = $2 WHERE sku = $1")
                .execute(Tuple.of(sku, onHand))
                .await()
                .atMost(PATIENCE);
    }

    private void check() {
        lowStock.checkStock(Duration.ZERO, RequestContext.system()).await().atMost(PATIENCE);
    }

    private List<String> told() {
        return editor.events(head, sku).stream()
                .map(event -> event.get("type").textValue() + " " + event.at("/payload/onHand"))
                .toList();
    }

    @Test
    void stockThatBecameLowByOtherMeansIsToldOnceUntilItRises() {
        double alerts = meters.counter("pms.inventory.alerts").count();
        setOnHand(4);
        check();
        check();
        await().untilAsserted(() -> assertThat(told()).containsExactly("inventory.alert 4"));
        setOnHand(6);
        check();
        setOnHand(5);
        check();
        await().untilAsserted(() -> assertThat(told()).containsExactly("inventory.alert 4", "inventory.alert 5"));
        await().untilAsserted(() ->
                assertThat(meters.counter("pms.inventory.alerts").count()).isGreaterThanOrEqualTo(alerts + 2));
    }

    /** More stock than a page, and more of it misjudged than is corrected at once. */
    @Test
    void allStockIsLookedAtPageByPageByOneReplicaAtATime() {
        var many = pool.preparedQuery("""
                        WITH place AS (INSERT INTO location (location) SELECT $1 || '-' || n FROM generate_series(1, 2500) AS n RETURNING location)
                        SELECT location FROM place
                        """).execute(Tuple.of(sku)).await().atMost(PATIENCE);
        assertThat(many).hasSize(2500);
        pool.preparedQuery("""
                        INSERT INTO stock (sku, location, low) SELECT $1, location, row_number() OVER (ORDER BY location) % 5 = 0
                        FROM location WHERE location LIKE $1 || '-%'
                        """).execute(Tuple.of(sku)).await().atMost(PATIENCE);
        assertThat(misjudged()).as("no threshold, and yet low").isEqualTo(500);
        var other = pool.getConnection().await().atMost(PATIENCE);
        try {
            other.query("BEGIN; SELECT FROM stock_check FOR UPDATE")
                    .execute()
                    .await()
                    .atMost(PATIENCE);
            check();
            assertThat(misjudged()).as("while another replica looks").isEqualTo(500);
        } finally {
            other.query("ROLLBACK").execute().await().atMost(PATIENCE);
            other.close().await().atMost(PATIENCE);
        }
        check();
        assertThat(misjudged()).isZero();
        makeOneMisjudged();
        lowStock.checkStock(Duration.ofHours(1), RequestContext.system())
                .await()
                .atMost(PATIENCE);
        assertThat(misjudged()).as("the last round has just begun").isEqualTo(1);
        check();
        assertThat(misjudged()).isZero();
    }

    private void makeOneMisjudged() {
        pool.preparedQuery("UPDATE stock SET low = true WHERE sku = $1 AND location = $1 || '-1'")
                .execute(Tuple.of(sku))
                .await()
                .atMost(PATIENCE);
    }

    private long misjudged() {
        return pool.preparedQuery("SELECT count(*) FROM stock WHERE sku = $1 AND low AND location <> 'main'")
                .execute(Tuple.of(sku))
                .await()
                .atMost(PATIENCE)
                .iterator()
                .next()
                .getLong(0);
    }

    private List<String> lowSkus() {
        var low = new ArrayList<String>();
        String next = "";
        while (next != null) {
            var page = Client.json(editor.request().get("/api/inventory?low=true&limit=500" + next));
            page.get("items").forEach(item -> low.add(item.get("sku").textValue()));
            next = page.get("next").isNull()
                    ? null
                    : "&after=" + page.get("next").textValue();
        }
        return low;
    }

    @Test
    void anArchivedProductIsNeitherListedAsLowNorTold() {
        keeper.adjust(sku, -6);
        assertThat(lowSkus()).contains(sku);
        editor.archive(sku).then().statusCode(204);
        assertThat(lowSkus()).doesNotContain(sku);
        check();
        assertThat(lowSkus()).doesNotContain(sku);
        keeper.adjust(sku, 20);
        keeper.adjust(sku, -21);
        keeper.count(sku, "{\"onHand\":0,\"reason\":\"count\"}").then().statusCode(200);
        keeper.threshold(sku, "{\"threshold\":7}").then().statusCode(200).body("threshold", equalTo(7));
        setOnHand(1);
        check();
        assertThat(lowSkus()).doesNotContain(sku);
        keeper.adjust(sku, 1);
        await().until(() -> told().contains("inventory.updated 2"));
        assertThat(told())
                .filteredOn(event -> event.startsWith("inventory.alert"))
                .containsExactly("inventory.alert 4");

        editor.request().post(Client.path(sku) + "/restore").then().statusCode(200);
        check();
        assertThat(lowSkus()).contains(sku);
        await().untilAsserted(() -> assertThat(told()).endsWith("inventory.alert 2"));
    }

    /** As an earlier version has left it. */
    @Test
    void stockOfAProductThatWasArchivedWhileLowIsCorrected() {
        keeper.adjust(sku, -6);
        pool.preparedQuery("UPDATE product SET status = 'archived' WHERE sku = $1")
                .execute(Tuple.of(sku))
                .await()
                .atMost(PATIENCE);
        check();
        assertThat(lowSkus()).doesNotContain(sku);
    }

    @Test
    void adminsAreToldOfEachCrossingOnce() {
        var key = "low-stock:" + sku + "@main";
        keeper.adjust(sku, -6);
        keeper.adjust(sku, -1);
        await().until(() -> admins.counted(key) == 1);
        keeper.adjust(sku, 5);
        keeper.adjust(sku, -6);
        await().until(() -> admins.counted(key) == 2);
        check();
        var messages = admins.messages(key);
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).get("detail").textValue()).isEqualTo(sku + " at main: 4 on hand, low at 5");
        assertThat(messages.get(0).get("subject").textValue()).isEqualTo(sku);
        assertThat(messages.get(0).get("traceId").textValue()).isEqualTo(keeper.traceId);
    }

    @Test
    void anAlertThatIsHandledAgainIsNotCountedAgain() {
        var other = Client.newSku("AGAIN");
        var event = events.event(
                EventType.INVENTORY_ALERT,
                other,
                Map.of("sku", other, "location", "main", "onHand", 1, "threshold", 2),
                RequestContext.system());
        for (int i = 0; i < 3; i++) {
            transactions
                    .run(transaction -> lowStock.tellAdmin(transaction, event))
                    .await()
                    .atMost(PATIENCE);
        }
        assertThat(admins.counted("low-stock:" + other + "@main")).isEqualTo(1);
    }

    private void goRound() {
        levels.goRound().await().atMost(PATIENCE);
    }

    @Test
    void levelsAreInRedisForOthersToRead() {
        var hashes = redis.hash(String.class);
        keeper.adjust(sku, -1);
        await().until(() -> "9".equals(hashes.hget("pms-events:stock:" + sku, "main")));
        assertThat(hashes.hget("pms-events:stock:" + sku, "main#version")).isEqualTo("4");
    }

    @Test
    void levelsThatRedisHasLostAreWrittenAnew() {
        var hashes = redis.hash(String.class);
        var key = "pms-events:stock:" + sku;
        await().until(() -> "10".equals(hashes.hget(key, "main")));
        redis.key().del(key, "pms-events:stock:{/}complete");
        await("all at once, where Redis was emptied").until(() -> {
            goRound();
            return "10".equals(hashes.hget(key, "main"));
        });
        await().until(() -> redis.key().exists("pms-events:stock:{/}complete"));
        redis.key().del(key);
        await("page by page, where only some are lost").until(() -> {
            goRound();
            return "10".equals(hashes.hget(key, "main"));
        });
    }
}

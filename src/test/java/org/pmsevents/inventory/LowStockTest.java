package org.pmsevents.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.Origin;

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

    @BeforeEach
    void createStock() {
        editor.create(sku);
        keeper.adjust(sku, 10);
        keeper.threshold(sku, "{\"threshold\":5}").then().statusCode(200);
        head = editor.head();
    }

    private void setOnHand(int onHand) {
        pool.preparedQuery("UPDATE stock SET on_hand = $2 WHERE sku = $1")
                .execute(Tuple.of(sku, onHand))
                .await()
                .atMost(PATIENCE);
    }

    private void check() {
        lowStock.checkStock(Origin.system()).await().atMost(PATIENCE);
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

    @Test
    void levelsThatRedisHasLostAreWrittenAnew() {
        var hashes = redis.hash(String.class);
        await().until(() -> "10".equals(hashes.hget("pms-events:stock:" + sku, "main")));
        redis.key().del("pms-events:stock:" + sku, "pms-events:stock://complete");
        levels.restore().await().atMost(PATIENCE);
        assertThat(hashes.hget("pms-events:stock:" + sku, "main")).isEqualTo("10");
        redis.key().del("pms-events:stock:" + sku);
        levels.restore().await().atMost(PATIENCE);
        assertThat(hashes.hget("pms-events:stock:" + sku, "main"))
                .as("nothing is written while Redis counts as complete")
                .isNull();
    }
}

package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** What a count means: it is true at its time, whenever it comes in and whatever came before it. */
@QuarkusTest
class StockSyncTest {
    private static final String MAX = Integer.toString(Integer.MAX_VALUE);

    private final PmsSender pms = new PmsSender();
    private final Client keeper = Client.of("stan", "stock");
    private final String sku = Client.newSku("SYNC");
    private long head;

    @Inject
    Clock clock;

    @Inject
    RedisDataSource redis;

    @BeforeEach
    void createProduct() {
        head = Client.editor().createTold(sku);
    }

    /** Between what was moved so far and what will be. */
    private Instant now() {
        return clock.instant();
    }

    private JsonNode count(long onHand, Instant at) {
        return pms.sync(PmsSender.line(sku, onHand, at));
    }

    private void applied(JsonNode report) {
        is(report, 1, 0, 0);
    }

    private static void is(JsonNode report, int applied, int unchanged, int stale) {
        assertThat(List.of(
                        report.get("applied").intValue(),
                        report.get("unchanged").intValue(),
                        report.get("stale").intValue(),
                        report.get("rejected").size()))
                .as(report.toString())
                .isEqualTo(List.of(applied, unchanged, stale, 0));
    }

    private static void isRejected(JsonNode report, int index, String sku, String code) {
        assertThat(report.get("rejected").size()).as(report.toString()).isEqualTo(1);
        var line = report.get("rejected").get(0);
        assertThat(line.get("index").intValue()).isEqualTo(index);
        assertThat(line.get("sku").textValue()).isEqualTo(sku);
        assertThat(line.get("code").textValue()).isEqualTo(code);
        assertThat(line.get("detail").textValue()).isNotBlank();
    }

    private long onHand() {
        return keeper.stock(sku).get("onHand").longValue();
    }

    /** The ledger's deltas, the oldest first; they must sum to what is on hand. */
    private List<Long> deltas() {
        var deltas = new ArrayList<Long>();
        keeper.movements(sku)
                .forEach(movement -> deltas.add(0, movement.get("delta").longValue()));
        assertThat(deltas.stream().mapToLong(Long::longValue).sum()).isEqualTo(onHand());
        return deltas;
    }

    @Test
    void whatMovedAfterTheCountIsAdded() {
        keeper.adjust(sku, 10);
        var counted = now();
        keeper.adjust(sku, -3);
        keeper.adjust(sku, 1);
        applied(count(8, counted));
        assertThat(onHand()).isEqualTo(8 - 3 + 1);
        assertThat(deltas()).containsExactly(10L, -3L, 1L, -2L);
    }

    @Test
    void countsThatComeLateAndInAnyOrderEndAtTheNewest() {
        keeper.adjust(sku, 100);
        var first = now();
        keeper.adjust(sku, -10);
        var second = now();
        keeper.adjust(sku, -5);
        var third = now();
        keeper.adjust(sku, -1);
        applied(count(70, second));
        assertThat(onHand()).isEqualTo(70 - 5 - 1);
        is(count(99, first), 0, 0, 1);
        assertThat(onHand()).isEqualTo(64);
        applied(count(60, third));
        assertThat(onHand()).isEqualTo(60 - 1);
        is(count(70, second), 0, 0, 1);
        assertThat(onHand()).isEqualTo(59);
    }

    @Test
    void aCorrectionByAnEarlierCountIsNoMovement() {
        keeper.adjust(sku, 10);
        var first = now();
        keeper.adjust(sku, -2);
        var second = now();
        keeper.adjust(sku, -1);
        // written after the second count was made, but it says what was there before
        applied(count(20, first));
        assertThat(onHand()).isEqualTo(20 - 3);
        applied(count(18 - 4, second));
        assertThat(onHand()).as("of what moved after it only the sale counts").isEqualTo(14 - 1);
    }

    @Test
    void aCountByHandIsNoMovementEither() {
        keeper.adjust(sku, 10);
        keeper.count(sku, "{\"onHand\":6,\"reason\":\"sale\"}").then().statusCode(200);
        var counted = now();
        keeper.adjust(sku, -1);
        applied(count(9, counted));
        assertThat(onHand()).isEqualTo(8);
        is(count(9, counted.minusSeconds(60)), 0, 0, 1);
        keeper.count(sku, "{\"onHand\":3,\"reason\":\"count\"}").then().statusCode(200);
        is(count(9, counted), 0, 0, 1);
        assertThat(onHand()).isEqualTo(3);
    }

    @Test
    void aCountAsOldAsTheLastOneIsStale() {
        var counted = now();
        applied(count(5, counted));
        is(count(6, counted), 0, 0, 1);
        applied(count(6, counted.plusNanos(1_000)));
        assertThat(onHand()).isEqualTo(6);
    }

    @Test
    void aCountThatChangesNothingIsRememberedAllTheSame() {
        keeper.adjust(sku, 5);
        var before = now();
        keeper.adjust(sku, -1);
        var counted = now();
        is(count(4, counted), 0, 1, 0);
        assertThat(keeper.stock(sku).get("version").longValue()).isEqualTo(3);
        assertThat(deltas()).hasSize(2);
        is(count(50, before), 0, 0, 1);
        assertThat(onHand()).isEqualTo(4);
    }

    @Test
    void ofSeveralCountsOfOneStockTheNewestHasASay() {
        var counted = now();
        is(
                pms.sync(
                        PmsSender.line(sku, 3, counted),
                        PmsSender.line(sku, 9, counted.plusMillis(2)),
                        PmsSender.line(sku, 4, counted.plusMillis(1))),
                1,
                0,
                2);
        assertThat(onHand()).isEqualTo(9);
        is(pms.sync(PmsSender.line(sku, 1, null), PmsSender.line(sku, 2, null)), 1, 0, 1);
        assertThat(onHand()).as("of two at the same time the later line").isEqualTo(2);
        assertThat(deltas()).containsExactly(9L, -7L);
    }

    @Test
    void ofSeveralCountsOneThatCanNotBeTrueHasNoSay() {
        var counted = now();
        var report = pms.sync(PmsSender.line(sku, 3, counted), PmsSender.line(sku, -9, counted.plusMillis(1)));
        assertThat(report.get("applied").intValue()).isEqualTo(1);
        isRejected(report, 1, sku, "insufficient-stock");
        assertThat(onHand()).isEqualTo(3);
    }

    @Test
    void aCountThatLeavesLessThanNothingIsRejected() {
        keeper.adjust(sku, 10);
        var counted = now();
        keeper.adjust(sku, -8);
        isRejected(count(5, counted), 0, sku, "insufficient-stock");
        assertThat(onHand()).as("what is known stays").isEqualTo(2);
        applied(count(9, counted));
        assertThat(onHand()).as("a rejected count makes no other stale").isEqualTo(1);
    }

    @Test
    void whereBackordersAreAllowedACountMayLeaveLessThanNothing() {
        var location = Client.newSku("shop");
        keeper.request("{\"backorders\":true}")
                .put("/api/locations/" + location)
                .then()
                .statusCode(200);
        var line = "{\"sku\":\"" + sku + "\",\"location\":\"" + location + "\",\"onHand\":-4}";
        applied(pms.sync(line));
        var stock = Client.json(keeper.request().get(Client.stockPath(sku) + "?location=" + location));
        assertThat(stock.get("onHand").longValue()).isEqualTo(-4);
        assertThat(onHand()).isZero();
    }

    @Test
    void aCountThatLeadsOutOfTheRangeIsRejected() {
        var counted = now();
        keeper.adjust(sku, 1);
        var report = pms.sync("{\"sku\":\"" + sku + "\",\"onHand\":" + MAX + ",\"countedAt\":\"" + counted + "\"}");
        isRejected(report, 0, sku, "stock-out-of-range");
        assertThat(onHand()).isEqualTo(1);
    }

    @Test
    void aCountFromTheFutureIsRejected() {
        var report = pms.sync(PmsSender.line(sku, 3, now().plus(Duration.ofMinutes(6))));
        isRejected(report, 0, sku, "counted-ahead");
        assertThat(onHand()).isZero();
        applied(count(4, now().plus(Duration.ofMinutes(4))));
        assertThat(onHand()).as("clocks may differ").isEqualTo(4);
    }

    @Test
    void aLocationThatWasNeverNamedBeginsWithItsFirstCount() {
        var location = Client.newSku("annex");
        applied(pms.sync("{\"sku\":\"" + sku + "\",\"location\":\"" + location + "\",\"onHand\":4}"));
        keeper.request().get("/api/locations/" + location).then().statusCode(200);
        keeper.adjust(sku, "{\"delta\":-1,\"reason\":\"sale\",\"location\":\"" + location + "\"}")
                .then()
                .statusCode(200);
        assertThat(onHand()).isZero();
    }

    @Test
    void movementsAtOtherLocationsAreNoneOfItsConcern() {
        var counted = now();
        keeper.adjust(sku, "{\"delta\":7,\"reason\":\"receipt\",\"location\":\"annex\"}")
                .then()
                .statusCode(200);
        keeper.adjust(sku, 2);
        applied(count(1, counted));
        assertThat(onHand()).isEqualTo(3);
    }

    @Test
    void lowStockIsToldOnceUntilItRises() {
        keeper.adjust(sku, 10);
        keeper.threshold(sku, "{\"threshold\":5}").then().statusCode(200);
        applied(count(4, null));
        applied(count(3, null));
        applied(count(6, null));
        applied(count(5, null));
        await().until(() -> told().size() == 7);
        assertThat(told())
                .containsExactly(
                        "inventory.updated 10",
                        "inventory.updated 4",
                        "inventory.alert 4",
                        "inventory.updated 3",
                        "inventory.updated 6",
                        "inventory.updated 5",
                        "inventory.alert 5");
    }

    private List<String> told() {
        return keeper.events(head, sku).stream()
                .map(event -> event.get("type").textValue() + " " + event.at("/payload/onHand"))
                .toList();
    }

    @Test
    void aProductThatIsArchivedCanStillBeCounted() {
        Client.editor().archive(sku).then().statusCode(204);
        applied(count(4, null));
    }

    @Test
    void theLevelInRedisFollows() {
        applied(count(4, null));
        await().until(() -> "4".equals(redis.hash(String.class).hget("pms-events:stock:" + sku, "main")));
    }

    @Test
    void onlyWhatIsNewerThanALongHistoryIsLookedAt() {
        for (int i = 0; i < 30; i++) {
            keeper.adjust(sku, 1);
        }
        var counted = now();
        keeper.adjust(sku, 1);
        applied(count(100, counted));
        assertThat(onHand()).isEqualTo(101);
        applied(pms.sync(PmsSender.line(sku, 7, now())));
        is(pms.sync(PmsSender.line(sku, 7, Instant.EPOCH)), 0, 0, 1);
    }
}

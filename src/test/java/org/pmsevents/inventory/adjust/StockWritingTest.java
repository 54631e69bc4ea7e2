package org.pmsevents.inventory.adjust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.InventoryConfig;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockRows;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.problem.AppException;

/** How requests come together, and what becomes of them when a statement fails. */
@QuarkusTest
class StockWritingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int CALLERS = 100;
    private static final int FREE_SKUS = 10;

    private final Client editor = Client.editor();
    private final Client viewer = Client.viewer();
    private final String sku = Client.newSku("BATCH-A");
    private final String other = Client.newSku("BATCH-B");

    @Inject
    AdjustmentBatcher batcher;

    @Inject
    StockWriter writer;

    @Inject
    StockRows rows;

    @Inject
    InventoryConfig config;

    @Inject
    Periodic periodic;

    @Inject
    Vertx vertx;

    @Inject
    MeterRegistry meters;

    @Inject
    Pool pool;

    @Inject
    Clock clock;

    @BeforeEach
    void createProducts() {
        editor.create(sku);
        editor.create(other);
    }

    private StockLine line(String of, long delta, String reason) {
        return StockLine.adjustment(new StockKey(of, StockKey.MAIN), delta, null, reason, null, clock);
    }

    private StockRequest request(StockLine... lines) {
        return new StockRequest(List.of(lines), false, null, RequestContext.system(), Instant.now());
    }

    private static <T> CompletableFuture<T> begun(Uni<T> work) {
        return work.subscribeAsCompletionStage();
    }

    private static LineOutcome outcome(CompletableFuture<StockResult> result) throws Exception {
        return result.get(20, TimeUnit.SECONDS).outcomes().get(0);
    }

    /** A transaction of somebody else, who holds the row. */
    private SqlConnection holding(String of) {
        var connection = get(pool.getConnection());
        get(connection.query("BEGIN").execute());
        lock(connection, of).join();
        return connection;
    }

    private SqlConnection holding(String of, String location) {
        var connection = get(pool.getConnection());
        get(connection.query("BEGIN").execute());
        get(connection
                .query("SELECT FROM stock WHERE sku = '" + of + "' AND location = '" + location + "' FOR UPDATE")
                .execute());
        return connection;
    }

    private static CompletableFuture<?> lock(SqlConnection connection, String of) {
        return begun(connection
                .query("SELECT FROM stock WHERE sku = '" + of + "' FOR UPDATE")
                .execute());
    }

    private static void letGo(SqlConnection connection) {
        get(connection.query("ROLLBACK").execute());
        get(connection.close());
    }

    private double statements() {
        return meters.get("pms.inventory.batch").summary().count();
    }

    private void awaitWaitingFor(int locks) {
        await().until(() -> get(pool.query(
                                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH RECURSIVE%'")
                                .execute())
                        .iterator()
                        .next()
                        .getLong(0)
                >= locks);
    }

    @Test
    void whoComesWhileAStatementIsUnderWayGoesTogetherInTheNext() throws Exception {
        var holder = holding(sku);
        double before = statements();
        var callers = new ArrayList<CompletableFuture<StockResult>>();
        for (int i = 0; i < CALLERS; i++) {
            callers.add(begun(batcher.write(request(line(sku, 1, "receipt")))));
        }
        letGo(holder);
        for (int i = 0; i < CALLERS; i++) {
            assertThat(outcome(callers.get(i)).onHand())
                    .as("in the order in which they came")
                    .isEqualTo(i + 1);
        }
        assertThat(statements() - before).isLessThan(CALLERS);
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(CALLERS);
        assertThat(viewer.movements(sku)).hasSize(50);
    }

    @Test
    void whoFindsTheQueueFullIsTold() throws Exception {
        var full = new AdjustmentBatcher(writer, config, 5, periodic, vertx, new SimpleMeterRegistry());
        var holder = holding(sku);
        var callers = new ArrayList<CompletableFuture<StockResult>>();
        for (int i = 0; i < 6; i++) {
            callers.add(begun(full.write(request(line(sku, 1, "receipt")))));
        }
        assertThatThrownBy(() -> get(full.write(request(line(sku, 1, "receipt")))))
                .isInstanceOfSatisfying(AppException.class, failure -> {
                    assertThat(failure.status()).isEqualTo(503);
                    assertThat(failure.code()).isEqualTo("too-busy");
                    assertThat(failure.headers()).containsKey("Retry-After");
                });
        letGo(holder);
        for (var caller : callers) {
            assertThat(outcome(caller).accepted()).isTrue();
        }
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(6);
    }

    @Test
    void oneBadLineHarmsNoOther() throws Exception {
        var holder = holding(sku);
        var first = begun(batcher.write(request(line(sku, 1, "receipt"))));
        var good = begun(batcher.write(request(line(sku, 2, "receipt"))));
        var bad = begun(batcher.write(request(line(sku, 4, "no-such-reason".repeat(10)))));
        var last = begun(batcher.write(request(line(sku, 8, "receipt"))));
        letGo(holder);
        assertThat(outcome(first).onHand()).isEqualTo(1);
        assertThat(outcome(good).onHand()).isEqualTo(3);
        assertThat(outcome(last).onHand()).isEqualTo(11);
        assertThat(bad).failsWithin(PATIENCE);
        assertThat(viewer.movements(sku)).hasSize(3);
    }

    @Test
    void whoWaitsForARowLetsGoOfTheOthers() throws Exception {
        var holder = holding(other);
        var lines = begun(batcher.write(request(line(sku, 1, "receipt"), line(other, 1, "receipt"))));
        awaitWaitingFor(1);
        lock(holder, sku).get(20, TimeUnit.SECONDS);
        letGo(holder);
        assertThat(lines.get(20, TimeUnit.SECONDS).outcomes()).allMatch(LineOutcome::accepted);
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(1);
        assertThat(viewer.stock(other).get("onHand").longValue()).isEqualTo(1);
    }

    @Test
    void aLockedRowHoldsUpItsOwnCallersOnly() throws Exception {
        var free = new ArrayList<String>();
        for (int i = 0; i < FREE_SKUS; i++) {
            free.add(Client.newSku("FREE-" + i));
            editor.create(free.get(i));
        }
        var holder = holding(sku);
        var held = begun(batcher.write(request(line(sku, 1, "receipt"))));
        var heldWithAnother = begun(batcher.write(request(line(other, 1, "receipt"), line(sku, 1, "receipt"))));
        var callers = new ArrayList<CompletableFuture<StockResult>>();
        for (var each : free) {
            callers.add(begun(batcher.write(request(line(each, 1, "receipt")))));
            callers.add(begun(batcher.write(request(line(each, 1, "receipt"), line(each, 1, "receipt")))));
        }
        for (var caller : callers) {
            assertThat(outcome(caller).accepted()).as("while the row is locked").isTrue();
        }
        assertThat(held).isNotDone();
        assertThat(heldWithAnother).isNotDone();
        assertThat(viewer.movements(other)).as("of a request that waits").isEmpty();
        letGo(holder);
        // of two requests that are under way at once, either may come first
        assertThat(outcome(held).accepted()).isTrue();
        assertThat(heldWithAnother.get(20, TimeUnit.SECONDS).outcomes()).allMatch(LineOutcome::accepted);
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(2);
    }

    @Test
    void whatComesAfterALineThatWaitsGoesBehindItAtOtherLocationsToo() throws Exception {
        var east = new StockKey(sku, "east-" + sku);
        get(rows.open(List.of(east)));
        var holder = holding(sku, StockKey.MAIN);
        var first = begun(batcher.write(request(line(sku, 1, "receipt"))));
        awaitWaitingFor(1);
        var second = begun(batcher.write(request(StockLine.adjustment(east, 2, null, "receipt", null, clock))));
        var third = begun(batcher.write(request(line(sku, 4, "receipt"))));
        var unrelated = begun(batcher.write(request(line(other, 1, "receipt"))));
        assertThat(outcome(unrelated).accepted())
                .as("came last, waits for nobody")
                .isTrue();
        letGo(holder);
        assertThat(outcome(first).onHand()).isEqualTo(1);
        assertThat(outcome(second).onHand()).isEqualTo(2);
        assertThat(outcome(third).onHand()).isEqualTo(5);
        assertThat(viewer.movements(sku).findValuesAsText("delta"))
                .as("newest first")
                .containsExactly("4", "2", "1");
    }

    @Test
    void whoWaitsForALockForTooLongIsTold() {
        var impatient = new InventoryConfig() {
            @Override
            public Duration longestWait() {
                return Duration.ofMillis(1);
            }

            @Override
            public Duration checkEvery() {
                return config.checkEvery();
            }
        };
        var batcherOfThese = new AdjustmentBatcher(writer, impatient, 5, periodic, vertx, new SimpleMeterRegistry());
        var holder = holding(sku);
        try {
            assertThatThrownBy(() -> get(batcherOfThese.write(request(line(sku, 1, "receipt")))))
                    .isInstanceOfSatisfying(AppException.class, failure -> {
                        assertThat(failure.status()).isEqualTo(503);
                        assertThat(failure.code()).isEqualTo("database-busy");
                    });
        } finally {
            letGo(holder);
        }
        assertThat(viewer.stock(sku).get("onHand").longValue()).isZero();
    }

    @Test
    void theSameLineIsNeverWrittenTwice() {
        var request = request(line(sku, 5, "receipt"));
        var first = get(batcher.write(request));
        var second = get(batcher.write(request));
        assertThat(second.outcomes()).isEqualTo(first.outcomes());
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(5);
    }
}

package org.pmsevents.inventory.count;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.get;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.database.ConflictException;

/** What a count costs: it reads what has moved at its own place, not the ledger of its SKU, and keeps nobody waiting for long. */
@QuarkusTest
class CountCostTest {
    private static final int LOCATIONS = 100;
    private static final int MOVEMENTS = 4;

    private static final String FILL = """
            WITH place AS (INSERT INTO location (location) SELECT $1 || '-' || n FROM generate_series(1, $2::int) AS n RETURNING location),
            moved AS (
              INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, actor, trace_id, moved_at)
              SELECT gen_random_uuid(), gen_random_uuid(), $1, location, 1, k, k, 'sale', 'test', 'test', now() - interval '4 minutes'
              FROM generate_series(1, $3::int) AS k, place ORDER BY k)
            SELECT location FROM place
            """;

    private final String sku = Client.newSku("PLACES");
    private final List<StockCount> counts = new ArrayList<>();
    private final OffsetDateTime countedAt = OffsetDateTime.now(ZoneOffset.UTC).minusMinutes(5);

    @Inject
    Pool pool;

    @BeforeEach
    void fill() {
        Client.editor().create(sku);
        get(pool.preparedQuery(FILL).execute(Tuple.of(sku, LOCATIONS, MOVEMENTS)))
                .forEach(row -> counts.add(
                        new StockCount(new StockKey(sku, row.getString("location")), 5, countedAt.toInstant())));
        get(pool.query("INSERT INTO stock (sku, location, on_hand) SELECT '" + sku
                        + "', location, 4 FROM location WHERE location LIKE '" + sku + "-%'")
                .execute());
    }

    private List<Integer> indexes() {
        return Stream.iterate(0, i -> i + 1).limit(counts.size()).toList();
    }

    @Test
    void whatMovedSinceIsReadAtTheCountedPlaceOnly() {
        var table = new StockSyncTable();
        var judged = get(
                pool.withTransaction(client -> table.plan(client).chain(() -> table.judge(client, counts, indexes()))));
        assertThat(judged).hasSize(LOCATIONS);
        assertThat(judged.values()).allMatch(each -> each.countedNow() == 5 + MOVEMENTS);

        assertThat(ledgerRowsRead(counts))
                .as("rows of the ledger that were looked at: twice those of each place")
                .isLessThanOrEqualTo(2.0 * LOCATIONS * MOVEMENTS);
    }

    /** Whoever sends the same counts every few seconds would otherwise have all of their corrections of the last minute read again. */
    @Test
    void aCountAfterWhichNothingHasMovedReadsNoLedger() {
        assertThat(ledgerRowsRead(later(3))).as("never counted before").isPositive();
        Counting.count(pool, counts, "first", RequestContext.system(), countedAt);

        assertThat(ledgerRowsRead(later(3))).as("counted before").isZero();
        assertThat(onHandAfter(later(3))).containsOnly(5L);

        get(pool.query("UPDATE stock SET still_version = NULL WHERE sku = '" + sku + "'")
                .execute());
        assertThat(ledgerRowsRead(later(3))).isPositive();
        get(pool.query("UPDATE stock SET updated_at = updated_at - interval '10 minutes' WHERE sku = '" + sku + "'")
                .execute());
        assertThat(ledgerRowsRead(later(3))).as("unchanged for long").isZero();
        assertThat(onHandAfter(later(3))).containsOnly(5L);
    }

    @Test
    void whatMovesAfterACountIsAddedToTheNextOne() {
        Counting.count(pool, counts, "first", RequestContext.system(), countedAt);
        var lines = counts.stream()
                .map(each -> "{\"sku\":\"" + sku + "\",\"location\":\""
                        + each.stock().location() + "\",\"delta\":-2,\"reason\":\"sale\"}")
                .collect(Collectors.joining(","));
        assertThat(Client.of("keeper", "stock").adjustAll(lines, true).statusCode())
                .isEqualTo(200);
        assertThat(onHandAfter(later(3))).containsOnly(3L);
        Counting.count(pool, later(3), "second", RequestContext.system(), countedAt);
        assertThat(onHandAfter(later(2))).as("moved after the second count too").containsOnly(3L);
        assertThat(onHandAfter(later(-1))).as("and before this one").containsOnly(5L);
    }

    private List<StockCount> later(int minutesAgo) {
        var time = OffsetDateTime.now(ZoneOffset.UTC).minusMinutes(minutesAgo).toInstant();
        return counts.stream()
                .map(each -> new StockCount(each.stock(), 5, time))
                .toList();
    }

    private Set<Long> onHandAfter(List<StockCount> given) {
        var table = new StockSyncTable();
        return get(pool.withTransaction(
                        client -> table.plan(client).chain(() -> table.judge(client, given, indexes()))))
                .values()
                .stream()
                .map(JudgedCount::onHand)
                .collect(Collectors.toSet());
    }

    private double ledgerRowsRead(List<StockCount> given) {
        var table = new StockSyncTable();
        var plan = get(pool.withTransaction(client -> table.plan(client)
                        .chain(() -> client.preparedQuery("EXPLAIN (ANALYZE, FORMAT JSON) " + StockSyncTable.JUDGE)
                                .execute(StockSyncTable.judged(given, indexes())))))
                .iterator()
                .next()
                .getValue(0);
        var read = new HashMap<String, Double>();
        count(Client.json(plan.toString()), read);
        return read.getOrDefault("stock_movement", 0.0);
    }

    /** Adds up how many rows each table gave, and how many of them were read for nothing. */
    private static void count(JsonNode node, Map<String, Double> read) {
        if (node.has("Relation Name")) {
            double rows = node.path("Actual Rows").doubleValue()
                    + node.path("Rows Removed by Filter").doubleValue();
            read.merge(
                    node.get("Relation Name").textValue(),
                    rows * node.path("Actual Loops").doubleValue(),
                    Double::sum);
        }
        node.forEach(child -> count(child, read));
    }

    @Test
    void aRowThatSomebodyHoldsIsAConflictAndTheOthersAreLetGo() {
        var table = new StockSyncTable();
        var keys = new HashSet<StockKey>();
        counts.forEach(each -> keys.add(each.stock()));
        var holder = get(pool.getConnection());
        try {
            hold(holder);
            var failed = pool.withTransaction(client -> table.plan(client).chain(() -> table.lock(client, keys)))
                    .onItem()
                    .transform(locked -> "locked")
                    .onFailure(ConflictException.class)
                    .recoverWithItem("conflict");
            assertThat(get(failed)).isEqualTo("conflict");
        } finally {
            get(holder.query("ROLLBACK").execute());
            get(holder.close());
        }
    }

    private void hold(SqlConnection connection) {
        get(connection.query("BEGIN").execute());
        get(connection
                .query("SELECT FROM stock WHERE sku = '" + sku + "' AND location = '" + sku + "-7' FOR UPDATE")
                .execute());
    }
}

package org.pmsevents.inventory.count;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.database.ConflictException;

/**
 * The SQL that applies counts, thousands at a time. Locking, judging and writing are separate statements, because a statement that waits
 * for a lock does not see movements that were committed while it waited.
 */
@ApplicationScoped
public class StockSyncTable {
    /** The reason of every movement by which a count corrects a stock. */
    static final String REASON = "sync";

    /**
     * A connection caches its plans, so they must suit tables of any size: nested loops over indexes, in the order of the index. Whoever
     * waits for a row that somebody else holds keeps the rows that it has locked before for so long only; it begins anew then.
     */
    static final String PLANS = """
            SET LOCAL jit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
            SET LOCAL enable_bitmapscan = off; SET LOCAL lock_timeout = '500ms'
            """;

    /** Locks in the order that is used everywhere for stock. The arrays are in sub-selects to hide their lengths from the planner. */
    private static final String LOCK = """
            SELECT s.sku, s.location, s.counted_at
            FROM (SELECT DISTINCT sku, location FROM unnest((SELECT $1::text[]), (SELECT $2::text[])) AS given (sku, location)) AS wanted
            JOIN stock AS s ON s.sku = wanted.sku AND s.location = wanted.location
            ORDER BY s.sku, s.location FOR NO KEY UPDATE OF s
            """;

    /**
     * Computes what each count does to its stock. A count is true at its time, so what has happened after it is added to it, whenever it
     * was written; corrections by other counts are not. The ledger of the stock is read backwards from its end to the time of the count: its movements are in the order of
     * their times, except that the clock of the server may have been set back ({@link #CLOCK_STEP}). It is not read at all where the row
     * of the stock tells that nothing has moved since: nothing has changed it for that long before the count, or nothing since the last
     * count ({@code still_version}), before which it has moved at {@code still_since} at the latest. The index of the ledger is by SKU
     * and location, so that the movements of other locations are not read. Location and product are looked up, not joined: without
     * statistics a plan may begin with a location and read all of its stock. {@code OFFSET 0} has that done once for each count.
     */
    static final String JUDGE = """
            SELECT counted.n, counted.on_hand + later.moved AS counted_now, s.threshold,
                   coalesce(later.moved_at, counted.counted_at) AS still_since, change.*
            FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::bigint[]), (SELECT $4::timestamptz[]), (SELECT $5::int[]))
              AS counted (sku, location, on_hand, counted_at, n)
            JOIN stock AS s ON s.sku = counted.sku AND s.location = counted.location
            CROSS JOIN LATERAL (
              SELECT coalesce(sum(m.delta), 0) AS moved, max(coalesce(m.occurred_at, m.moved_at)) AS moved_at FROM stock_movement AS m
              WHERE s.updated_at > counted.counted_at - $6 * interval '1 second'
                AND NOT coalesce(s.still_version = s.version AND s.still_since <= counted.counted_at, false)
                AND m.sku = counted.sku AND m.location = counted.location
                AND m.seq > coalesce((SELECT b.seq FROM stock_movement AS b
                                      WHERE b.sku = counted.sku AND b.location = counted.location
                                        AND b.moved_at < counted.counted_at - $6 * interval '1 second'
                                      ORDER BY b.seq DESC LIMIT 1), 0)
                AND coalesce(m.occurred_at, m.moved_at) > counted.counted_at AND m.counted_at IS NULL) AS later
            CROSS JOIN LATERAL (
              SELECT (SELECT l.backorders FROM location AS l WHERE l.location = s.location) AS backorders,
                     CASE WHEN s.threshold IS NOT NULL THEN (SELECT p.status FROM product AS p WHERE p.sku = s.sku) END AS status
              OFFSET 0) AS its
            CROSS JOIN LATERAL stock_change(s.on_hand, s.version, s.low,
                                            CASE WHEN its.status <> 'archived' THEN s.threshold END, its.backorders,
                                            NULL, counted.on_hand + later.moved, NULL) AS change
            """;

    private static final Duration CLOCK_STEP = Duration.ofSeconds(60);

    /** Writes rows, ledger and events of locked stocks. Events are in the order of the counts, an alert after its update. */
    private static final String CORRECT = """
            WITH line AS MATERIALIZED (
              SELECT given.*, clock_timestamp() AS moved_at
              FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::bigint[]), (SELECT $4::bigint[]), (SELECT $5::bigint[]),
                          (SELECT $6::boolean[]), (SELECT $7::boolean[]), (SELECT $8::bigint[]), (SELECT $9::timestamptz[]),
                          (SELECT $10::uuid[]), (SELECT $11::uuid[]), (SELECT $12::uuid[]), (SELECT $18::timestamptz[]))
                WITH ORDINALITY AS given (sku, location, delta, on_hand, version, low, alerts, threshold, counted_at,
                                          movement_id, event_id, alert_id, still_since, n)
              ORDER BY n),
            written AS (
              UPDATE stock SET on_hand = line.on_hand, version = line.version, low = line.low, counted_at = line.counted_at,
                               still_version = line.version, still_since = line.still_since,
                               updated_at = CASE WHEN line.delta = 0 THEN stock.updated_at ELSE line.moved_at END
              FROM line WHERE stock.sku = line.sku AND stock.location = line.location),
            moved AS (
              INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, reference, actor, trace_id, moved_at, counted_at)
              SELECT movement_id, event_id, sku, location, delta, on_hand, version, $13, $14, $15, $16, moved_at, counted_at
              FROM line WHERE delta <> 0 ORDER BY n)
            %s
            SELECT news.id, news.type, sku, $15, $16, $17, news.payload
            FROM line
            CROSS JOIN LATERAL stock_events(sku, location, delta, on_hand, version, $13, $14,
                                            movement_id, event_id, alerts, threshold, alert_id) AS news
            ORDER BY n, news.type DESC
            """.formatted(EventTable.INSERT_INTO);

    private static final Set<String> CONFLICTS = Set.of("40P01", "40001", "55P03");

    /** Sets the planner options of the transaction. */
    Uni<Void> plan(SqlClient transaction) {
        return transaction.query(PLANS).execute().replaceWithVoid();
    }

    /**
     * Locks those of the stocks that exist.
     *
     * @throws ConflictException if the transaction must be repeated: a deadlock, or a row that is held by others
     */
    Uni<Map<StockKey, LockedStock>> lock(SqlClient transaction, Collection<StockKey> keys) {
        return transaction
                .preparedQuery(LOCK)
                .execute(Tuple.of(
                        keys.stream().map(StockKey::sku).toArray(String[]::new),
                        keys.stream().map(StockKey::location).toArray(String[]::new)))
                .onFailure()
                .transform(StockSyncTable::translated)
                .map(rows -> {
                    var locked = new HashMap<StockKey, LockedStock>();
                    rows.forEach(row -> locked.put(key(row), locked(row)));
                    return locked;
                });
    }

    /**
     * Returns what each selected count does to its stock, by the index of the count. The stocks must be locked.
     *
     * @param indexes selects counts
     */
    Uni<Map<Integer, JudgedCount>> judge(SqlClient transaction, List<StockCount> counts, List<Integer> indexes) {
        return transaction.preparedQuery(JUDGE).execute(judged(counts, indexes)).map(rows -> {
            var judged = new HashMap<Integer, JudgedCount>();
            rows.forEach(row -> judged.put(row.getInteger("n"), judged(row)));
            return judged;
        });
    }

    /** The parameters of {@link #JUDGE}. */
    static Tuple judged(List<StockCount> counts, List<Integer> indexes) {
        var wanted = indexes.stream().map(counts::get).toList();
        return Tuple.of(
                column(wanted, String[]::new, count -> count.stock().sku()),
                column(wanted, String[]::new, count -> count.stock().location()),
                numbers(wanted, StockCount::onHand),
                column(wanted, OffsetDateTime[]::new, count -> count.countedAt().atOffset(ZoneOffset.UTC)),
                indexes.toArray(Integer[]::new),
                (double) CLOCK_STEP.toSeconds());
    }

    /** Writes corrections of locked stocks, at most one for each stock, with their ledger lines and events. */
    Uni<Void> correct(
            SqlClient transaction,
            List<Correction> lines,
            @Nullable String reference,
            RequestContext context,
            OffsetDateTime occurredAt) {
        return transaction
                .preparedQuery(CORRECT)
                .execute(Tuple.from(Arrays.asList(
                        column(lines, String[]::new, line -> line.stock().sku()),
                        column(lines, String[]::new, line -> line.stock().location()),
                        numbers(lines, line -> line.judged().delta()),
                        numbers(lines, line -> line.judged().onHand()),
                        numbers(lines, line -> line.judged().version()),
                        column(lines, Boolean[]::new, line -> line.judged().low()),
                        column(lines, Boolean[]::new, line -> line.judged().alerts()),
                        column(lines, Long[]::new, line -> line.judged().threshold()),
                        column(
                                lines,
                                OffsetDateTime[]::new,
                                line -> line.countedAt().atOffset(ZoneOffset.UTC)),
                        column(lines, UUID[]::new, Correction::movementId),
                        column(lines, UUID[]::new, Correction::eventId),
                        column(lines, UUID[]::new, Correction::alertId),
                        REASON,
                        reference,
                        context.actor(),
                        context.traceId(),
                        occurredAt,
                        column(
                                lines,
                                OffsetDateTime[]::new,
                                line -> line.judged().stillSince().atOffset(ZoneOffset.UTC)))))
                .replaceWithVoid();
    }

    private static <T, C> @Nullable C[] column(List<T> lines, IntFunction<C[]> array, Function<T, @Nullable C> value) {
        return lines.stream().map(value).toArray(array);
    }

    private static <T> Long[] numbers(List<T> lines, ToLongFunction<T> value) {
        return lines.stream().mapToLong(value).boxed().toArray(Long[]::new);
    }

    private static Throwable translated(Throwable failure) {
        return failure instanceof PgException refusal && CONFLICTS.contains(String.valueOf(refusal.getSqlState()))
                ? new ConflictException(failure)
                : failure;
    }

    private static StockKey key(Row row) {
        return new StockKey(row.getString("sku"), row.getString("location"));
    }

    private static LockedStock locked(Row row) {
        var countedAt = row.getOffsetDateTime("counted_at");
        return new LockedStock(key(row), countedAt == null ? null : countedAt.toInstant());
    }

    private static JudgedCount judged(Row row) {
        return new JudgedCount(
                row.getString("code"),
                row.getLong("counted_now"),
                row.getLong("delta"),
                row.getLong("on_hand"),
                row.getLong("version"),
                row.getLong("threshold"),
                row.getBoolean("low"),
                row.getBoolean("alerts"),
                row.getOffsetDateTime("still_since").toInstant());
    }
}

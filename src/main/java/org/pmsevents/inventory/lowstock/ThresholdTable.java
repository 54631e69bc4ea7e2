package org.pmsevents.inventory.lowstock;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.identity.UuidV7;

/** The SQL that sets many thresholds at once. */
@ApplicationScoped
class ThresholdTable {
    /**
     * Rows are locked in the order that is used everywhere for stock, and each is looked up by its key, whatever the planner knows of the
     * table. A stock that becomes low by its new threshold has its alert.
     */
    private static final String SET = """
            WITH held AS MATERIALIZED (
              SELECT s.*, given.threshold AS wanted, given.event_id
              FROM (SELECT * FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::bigint[]), (SELECT $4::uuid[]))
                      AS line (sku, location, threshold, event_id)
                    ORDER BY sku COLLATE "C", location COLLATE "C" LIMIT (SELECT 10000)) AS given
              CROSS JOIN LATERAL (
                SELECT stock.sku, stock.location, stock.on_hand, stock.threshold, stock.version, stock.low
                FROM stock WHERE stock.sku = given.sku AND stock.location = given.location FOR NO KEY UPDATE) AS s),
            judged AS MATERIALIZED (
              SELECT held.sku, held.location, held.on_hand, held.wanted, held.event_id, change.low, change.alerts
              FROM held
              CROSS JOIN LATERAL (SELECT p.status FROM product AS p WHERE p.sku = held.sku LIMIT 1) AS its
              CROSS JOIN LATERAL stock_change(held.on_hand, held.version, held.low,
                                              CASE WHEN its.status <> 'archived' THEN held.wanted END, true, 0, NULL, NULL) AS change
              WHERE held.threshold IS DISTINCT FROM held.wanted),
            written AS (
              UPDATE stock SET threshold = judged.wanted, low = judged.low, version = stock.version + 1, updated_at = clock_timestamp()
              FROM judged WHERE stock.sku = judged.sku AND stock.location = judged.location),
            told AS (
              %s
              SELECT event_id, 'inventory.alert', sku, $5, $6, $7::timestamptz, stock_alert(sku, location, on_hand, wanted)
              FROM judged WHERE alerts ORDER BY sku COLLATE "C", location COLLATE "C")
            SELECT held.sku, held.location, judged.sku IS NOT NULL AS changed, coalesce(judged.alerts, false) AS alerts
            FROM held LEFT JOIN judged ON judged.sku = held.sku AND judged.location = held.location
            """.formatted(EventTable.INSERT_INTO);

    private final Clock clock;

    ThresholdTable(Clock clock) {
        this.clock = clock;
    }

    /** Sets thresholds, each of another stock; returns of those that exist whether they were changed. */
    Uni<Map<StockKey, Boolean>> set(SqlClient transaction, List<Thresholds.Wanted> wanted, RequestContext context) {
        return transaction
                .preparedQuery(SET)
                .execute(Tuple.of(
                                wanted.stream().map(each -> each.stock().sku()).toArray(String[]::new),
                                wanted.stream()
                                        .map(each -> each.stock().location())
                                        .toArray(String[]::new),
                                wanted.stream()
                                        .map(Thresholds.Wanted::threshold)
                                        .toArray(Long[]::new),
                                wanted.stream().map(each -> UuidV7.next(clock)).toArray(UUID[]::new),
                                context.actor(),
                                context.traceId())
                        .addValue(clock.instant().atOffset(ZoneOffset.UTC)))
                .map(found -> {
                    var changed = new HashMap<StockKey, Boolean>();
                    found.forEach(row -> changed.put(
                            new StockKey(row.getString("sku"), row.getString("location")), row.getBoolean("changed")));
                    return changed;
                });
    }
}

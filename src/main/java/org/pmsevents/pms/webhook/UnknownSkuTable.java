package org.pmsevents.pms.webhook;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.database.ListQuery;
import org.pmsevents.platform.identity.UuidV7;

/** The SQL of SKUs that came by webhook and have no product. */
@ApplicationScoped
public class UnknownSkuTable {
    private static final String COLUMNS = "id, sku, location, on_hand, counted_at, webhook_id, times, first_seen,"
            + " last_seen, resolved_at, resolved_to, resolved_by";

    /** Inserts in one order to avoid deadlocks between webhooks. An older count never replaces a newer one. */
    private static final String RECORD = """
            INSERT INTO unknown_sku AS known (id, sku, location, on_hand, counted_at, webhook_id, times, first_seen, last_seen)
            SELECT id, sku, location, on_hand, counted_at, $7, times, $8, $8
            FROM unnest((SELECT $1::uuid[]), (SELECT $2::text[]), (SELECT $3::text[]), (SELECT $4::bigint[]),
                        (SELECT $5::timestamptz[]), (SELECT $6::bigint[])) AS given (id, sku, location, on_hand, counted_at, times)
            ORDER BY sku COLLATE "C", location COLLATE "C"
            ON CONFLICT (sku, location) WHERE resolved_at IS NULL DO UPDATE SET
              times = known.times + excluded.times,
              last_seen = greatest(known.last_seen, excluded.last_seen),
              on_hand = CASE WHEN excluded.counted_at >= known.counted_at THEN excluded.on_hand ELSE known.on_hand END,
              webhook_id = CASE WHEN excluded.counted_at >= known.counted_at THEN excluded.webhook_id ELSE known.webhook_id END,
              counted_at = greatest(known.counted_at, excluded.counted_at)
            """;

    private static final String LIST = "SELECT " + COLUMNS + " FROM unknown_sku";

    private static final String FIND = "SELECT " + COLUMNS + " FROM unknown_sku WHERE id = $1";

    private static final String LOCK = FIND + " FOR UPDATE";

    private static final String RESOLVE = """
            UPDATE unknown_sku SET resolved_at = $2, resolved_to = $3, resolved_by = $4 WHERE id = $1
            RETURNING %s
            """.formatted(COLUMNS);

    private final Clock clock;

    UnknownSkuTable(Clock clock) {
        this.clock = clock;
    }

    /** The newest line of a stock, and the number of its lines. */
    private record Seen(CountLine newest, long times) {
        Seen and(Seen other) {
            boolean older = other.newest.countedAt().isBefore(newest.countedAt());
            return new Seen(older ? newest : other.newest, times + other.times);
        }
    }

    /** Stores lines with unknown SKUs, in the transaction of their webhook. */
    Uni<Void> record(SqlClient transaction, Collection<CountLine> lines, String webhookId) {
        Map<StockKey, Seen> seen = new LinkedHashMap<>();
        lines.forEach(line -> seen.merge(line.stock(), new Seen(line, 1), Seen::and));
        var newest = seen.values().stream().map(Seen::newest).toList();
        return transaction
                .preparedQuery(RECORD)
                .execute(Tuple.from(List.of(
                        newest.stream().map(line -> UuidV7.next(clock)).toArray(UUID[]::new),
                        newest.stream().map(line -> line.stock().sku()).toArray(String[]::new),
                        newest.stream().map(line -> line.stock().location()).toArray(String[]::new),
                        newest.stream().map(CountLine::onHand).toArray(Long[]::new),
                        newest.stream().map(line -> time(line.countedAt())).toArray(OffsetDateTime[]::new),
                        seen.values().stream().map(Seen::times).toArray(Long[]::new),
                        webhookId,
                        time(clock.instant()))))
                .replaceWithVoid();
    }

    /**
     * Lists unknown SKUs in the order in which they were first seen.
     *
     * @param resolved null for resolved and open ones
     */
    Uni<List<UnknownSku>> list(SqlClient client, @Nullable UUID after, @Nullable Boolean resolved, int limit) {
        return ListQuery.of(LIST)
                .when(after != null, "id > ?", after)
                .when(resolved != null, "(resolved_at IS NOT NULL) = ?", resolved)
                .end("ORDER BY id LIMIT ?", limit)
                .execute(client)
                .map(UnknownSkuTable::all);
    }

    Uni<Optional<UnknownSku>> find(SqlClient client, UUID id) {
        return client.preparedQuery(FIND).execute(Tuple.of(id)).map(UnknownSkuTable::first);
    }

    /** Finds the row and locks it until the transaction ends. */
    Uni<Optional<UnknownSku>> lock(SqlClient transaction, UUID id) {
        return transaction.preparedQuery(LOCK).execute(Tuple.of(id)).map(UnknownSkuTable::first);
    }

    /** Stores the resolution of an unknown SKU. Its row must be locked. */
    Uni<UnknownSku> resolve(SqlClient transaction, UUID id, String sku, String actor) {
        return transaction
                .preparedQuery(RESOLVE)
                .execute(Tuple.of(id, time(clock.instant()), sku, actor))
                .map(resolved -> first(resolved).orElseThrow());
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private static Optional<UnknownSku> first(RowSet<Row> rows) {
        return all(rows).stream().findFirst();
    }

    private static List<UnknownSku> all(RowSet<Row> rows) {
        var all = new ArrayList<UnknownSku>(rows.size());
        rows.forEach(row -> all.add(unknown(row)));
        return all;
    }

    private static UnknownSku unknown(Row row) {
        var resolvedAt = row.getOffsetDateTime("resolved_at");
        return new UnknownSku(
                row.getUUID("id"),
                row.getString("sku"),
                row.getString("location"),
                row.getLong("on_hand"),
                row.getOffsetDateTime("counted_at").toInstant(),
                row.getString("webhook_id"),
                row.getLong("times"),
                row.getOffsetDateTime("first_seen").toInstant(),
                row.getOffsetDateTime("last_seen").toInstant(),
                resolvedAt == null ? null : resolvedAt.toInstant(),
                row.getString("resolved_to"),
                row.getString("resolved_by"));
    }
}

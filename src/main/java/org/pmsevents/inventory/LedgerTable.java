package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.ListQuery;

/** The SQL that reads the ledger. The statements that change stock write it. */
@ApplicationScoped
public class LedgerTable {
    private static final String COLUMNS =
            "seq, id, event_id, sku, location, delta, on_hand, version, reason, reference, actor, trace_id, moved_at, occurred_at";

    /** One look-up by the key for each id, also by a plan that is kept since the ledger was small. */
    private static final String FIND = """
            SELECT found.* FROM unnest($1::uuid[]) AS wanted (id)
            CROSS JOIN LATERAL (SELECT %s FROM stock_movement WHERE id = wanted.id LIMIT 1) AS found
            """.formatted(COLUMNS);

    private static final String LIST = "SELECT " + COLUMNS + " FROM stock_movement";

    /** Returns those of the movements that exist. */
    public Uni<Map<UUID, Movement>> find(SqlClient client, Collection<UUID> ids) {
        return client.preparedQuery(FIND)
                .execute(Tuple.of(ids.toArray(UUID[]::new)))
                .map(rows -> {
                    var found = new HashMap<UUID, Movement>();
                    rows.forEach(row -> found.put(row.getUUID("id"), movement(row)));
                    return found;
                });
    }

    /** Lists the ledger of a product at one location, or at all if it is null; the newest movement first. */
    public Uni<List<Movement>> list(
            SqlClient client, String sku, @Nullable String location, @Nullable Long before, int limit) {
        return ListQuery.of(LIST)
                .where("sku = ?", sku)
                .when(location != null, "location = ?", location)
                .when(before != null, "seq < ?", before)
                .end("ORDER BY seq DESC LIMIT ?", limit)
                .execute(client)
                .map(rows -> {
                    var movements = new ArrayList<Movement>(rows.size());
                    rows.forEach(row -> movements.add(movement(row)));
                    return movements;
                });
    }

    private static Movement movement(Row row) {
        var movedAt = row.getOffsetDateTime("moved_at");
        var occurredAt = row.getOffsetDateTime("occurred_at");
        return new Movement(
                row.getLong("seq"),
                row.getUUID("id"),
                row.getUUID("event_id"),
                row.getString("sku"),
                row.getString("location"),
                row.getLong("delta"),
                row.getLong("on_hand"),
                row.getLong("version"),
                row.getString("reason"),
                row.getString("reference"),
                row.getString("actor"),
                row.getString("trace_id"),
                movedAt.toInstant(),
                (occurredAt == null ? movedAt : occurredAt).toInstant());
    }
}

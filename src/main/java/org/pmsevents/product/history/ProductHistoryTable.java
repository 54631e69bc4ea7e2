package org.pmsevents.product.history;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.ListQuery;

/** The SQL of the product history, a projection of the feed. */
@ApplicationScoped
public class ProductHistoryTable {
    private static final String INSERT = """
            INSERT INTO product_history (sku, position, version, type, changed, actor, trace_id, occurred_at, product)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json)
            ON CONFLICT (sku, position) DO NOTHING
            """;

    private static final String LIST = """
            SELECT position, version, type, changed, actor, trace_id, occurred_at, product::text AS product
            FROM product_history""";

    /** Adds an entry; does nothing if it exists, because events are delivered at least once. */
    Uni<Void> insert(SqlClient client, String sku, ProductHistoryEntry entry) {
        return client.preparedQuery(INSERT)
                .execute(Tuple.from(List.of(
                        sku,
                        entry.position(),
                        entry.version(),
                        entry.type(),
                        entry.changed().toArray(String[]::new),
                        entry.actor(),
                        entry.traceId(),
                        entry.timestamp().atOffset(ZoneOffset.UTC),
                        entry.product())))
                .replaceWithVoid();
    }

    /** Lists entries, the newest first. */
    public Uni<List<ProductHistoryEntry>> list(SqlClient client, String sku, @Nullable Long before, int limit) {
        return ListQuery.of(LIST)
                .where("sku = ?", sku)
                .when(before != null, "position < ?", before)
                .end("ORDER BY position DESC LIMIT ?", limit)
                .execute(client)
                .map(rows -> {
                    var entries = new ArrayList<ProductHistoryEntry>(rows.size());
                    rows.forEach(row -> entries.add(entry(row)));
                    return entries;
                });
    }

    private static ProductHistoryEntry entry(Row row) {
        return new ProductHistoryEntry(
                row.getLong("position"),
                row.getString("type"),
                row.getLong("version"),
                List.of(row.getArrayOfStrings("changed")),
                row.getString("actor"),
                row.getString("trace_id"),
                row.getOffsetDateTime("occurred_at").toInstant(),
                row.getString("product"));
    }
}

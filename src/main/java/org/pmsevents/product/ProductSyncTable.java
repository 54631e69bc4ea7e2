package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The SQL of the product versions that the PMS should have, and has. */
@ApplicationScoped
public class ProductSyncTable {
    /** A version that comes from the PMS counts as synced, unless an earlier version is still to be sent. */
    private static final String WANT =
            """
            INSERT INTO pms_sync AS had (sku, wanted_version, wanted_event, version, event_id, synced_at)
            SELECT sku, version, event, CASE WHEN by_pms THEN version END, CASE WHEN by_pms THEN event END, CASE WHEN by_pms THEN now() END
            FROM (SELECT given.*, $4::boolean AS by_pms
                  FROM unnest($1::text[], $2::bigint[], $3::uuid[]) AS given (sku, version, event)
                  ORDER BY sku COLLATE "C") AS made
            ON CONFLICT (sku) DO UPDATE SET
              wanted_version = excluded.wanted_version,
              wanted_event = CASE WHEN had.wanted_version = excluded.wanted_version THEN had.wanted_event ELSE excluded.wanted_event END,
              version = CASE WHEN %1$s THEN excluded.version ELSE had.version END,
              event_id = CASE WHEN %1$s THEN excluded.event_id ELSE had.event_id END,
              synced_at = CASE WHEN %1$s THEN excluded.synced_at ELSE had.synced_at END
            RETURNING sku, coalesce(version >= wanted_version, false) AS synced
            """.formatted("excluded.version IS NOT NULL AND had.version >= had.wanted_version");

    /** One statement, so that product and event belong to the same version. */
    private static final String NEWEST = """
            SELECT %s,
                   (SELECT wanted_event FROM pms_sync AS s WHERE s.sku = product.sku AND s.wanted_version = product.version) AS wanted_event,
                   EXISTS (SELECT FROM pms_sync AS s WHERE s.sku = product.sku AND s.version >= product.version) AS synced
            FROM product WHERE sku = $1
            """.formatted(ProductTable.COLUMNS);

    private static final String LOCK = "SELECT FROM pms_sync WHERE sku = $1 FOR UPDATE";

    private static final String SYNCED = """
            UPDATE pms_sync SET version = greatest(version, $2), event_id = CASE WHEN version > $2 THEN event_id ELSE $3 END, synced_at = now()
            WHERE sku = $1
            """;

    private static final String IS_SYNCED = "SELECT FROM pms_sync WHERE sku = $1 AND version >= $2";

    private final ProductTable products;

    ProductSyncTable(ProductTable products) {
        this.products = products;
    }

    /**
     * The version of a product to send to the PMS.
     *
     * @param event of that version; null if it was stored while no PMS was configured
     */
    record Newest(Product product, @Nullable UUID event, boolean isSynced) {}

    /** Records that the PMS should have these versions; returns the SKUs of those that it does not have, in their order. */
    Uni<List<String>> want(SqlClient transaction, List<ProductSyncFlow.Wanted> wanted, boolean byPms) {
        return transaction
                .preparedQuery(WANT)
                .execute(Tuple.of(
                        wanted.stream().map(each -> each.product().sku()).toArray(String[]::new),
                        wanted.stream().map(each -> each.product().version()).toArray(Long[]::new),
                        wanted.stream().map(ProductSyncFlow.Wanted::event).toArray(UUID[]::new),
                        byPms))
                .map(rows -> {
                    var missing = new TreeSet<String>();
                    for (var row : rows) {
                        if (!row.getBoolean("synced")) {
                            missing.add(row.getString("sku"));
                        }
                    }
                    return List.copyOf(missing);
                });
    }

    Uni<Optional<Newest>> newest(SqlClient client, String sku) {
        return client.preparedQuery(NEWEST).execute(Tuple.of(sku)).map(rows -> {
            for (var row : rows) {
                return Optional.of(
                        new Newest(products.product(row), row.getUUID("wanted_event"), row.getBoolean("synced")));
            }
            return Optional.empty();
        });
    }

    /** Locks the row before the row of the job, in the same order as {@link #want}. The other order would deadlock. */
    Uni<Void> lock(SqlClient transaction, String sku) {
        return transaction.preparedQuery(LOCK).execute(Tuple.of(sku)).replaceWithVoid();
    }

    /** Records that the PMS has this version or a newer one. */
    Uni<Void> synced(SqlClient transaction, String sku, long version, UUID event) {
        return transaction
                .preparedQuery(SYNCED)
                .execute(Tuple.of(sku, version, event))
                .replaceWithVoid();
    }

    Uni<Boolean> isSynced(SqlClient client, String sku, long version) {
        return client.preparedQuery(IS_SYNCED).execute(Tuple.of(sku, version)).map(rows -> rows.size() > 0);
    }
}

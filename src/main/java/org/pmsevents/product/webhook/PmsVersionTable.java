package org.pmsevents.product.webhook;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The SQL of the versions that the PMS gives to products. Whoever reads or writes one has locked the product. */
@ApplicationScoped
public class PmsVersionTable {
    private static final String LIMIT_LOCKS = "SET LOCAL lock_timeout = '500ms'";

    private static final String FIND = """
            SELECT found.* FROM unnest($1::text[]) AS given (sku)
            CROSS JOIN LATERAL (
              SELECT sku, version, status_version FROM pms_product_version AS v WHERE v.sku = given.sku LIMIT 1) AS found
            """;

    private static final String STORE = """
            INSERT INTO pms_product_version (sku, version, status_version)
            SELECT * FROM unnest($1::text[], $2::numeric[], $3::numeric[])
            ON CONFLICT (sku) DO UPDATE SET version = excluded.version, status_version = excluded.status_version
            """;

    /**
     * What was applied last to a product.
     *
     * @param fields the version of its fields
     * @param status the version of its status; null if no line had one
     */
    record Applied(BigDecimal fields, @Nullable BigDecimal status) {}

    /** The rest of the transaction waits for a row that somebody else has locked for half a second at most. */
    Uni<Void> limitLocks(SqlClient transaction) {
        return transaction.query(LIMIT_LOCKS).execute().replaceWithVoid();
    }

    Uni<Map<String, Applied>> find(SqlClient transaction, Collection<String> skus) {
        return transaction
                .preparedQuery(FIND)
                .execute(Tuple.of(skus.toArray(String[]::new)))
                .map(rows -> {
                    var found = new HashMap<String, Applied>();
                    rows.forEach(row -> found.put(
                            row.getString("sku"),
                            new Applied(row.getBigDecimal("version"), row.getBigDecimal("status_version"))));
                    return found;
                });
    }

    Uni<Void> store(SqlClient transaction, Map<String, Applied> applied) {
        if (applied.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var all = new TreeMap<>(applied);
        return transaction
                .preparedQuery(STORE)
                .execute(Tuple.of(
                        all.keySet().toArray(String[]::new),
                        all.values().stream().map(Applied::fields).toArray(BigDecimal[]::new),
                        all.values().stream().map(Applied::status).toArray(BigDecimal[]::new)))
                .replaceWithVoid();
    }
}

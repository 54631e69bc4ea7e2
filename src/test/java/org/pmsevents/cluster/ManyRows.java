package org.pmsevents.cluster;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Tables as they are after years, or after a day of much traffic. For a superuser: triggers and foreign keys are left out. */
final class ManyRows {
    /** A SKU with every tenth movement: 100,000. It lies at {@code main}, as all movements do. */
    static final String OFTEN_MOVED = "P-0000001";

    static final long PRODUCT_COUNT = 300_000;

    private static final String SKU = "'P-' || lpad((%s)::text, 7, '0')";
    private static final String ID = "lpad(to_hex(n), 32, '0')::uuid";

    /** A hundredth is archived. */
    private static final String PRODUCTS = """
            INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at, published_at)
            SELECT %s, 'Lamp ' || n, 12.5, 'EUR', ARRAY['all', 'tag-' || n %% 1000], '{}',
                   CASE WHEN n %% 100 = 0 THEN 'archived' WHEN n %% 10 = 0 THEN 'draft' ELSE 'published' END, 1, now(), now(), now()
            FROM generate_series(1, %d) AS n
            """.formatted(SKU.formatted("n"), PRODUCT_COUNT);

    /** Four for each of 250,000 products; a thousandth is low, and they are in the order of their key. */
    private static final String STOCK = """
            INSERT INTO stock (sku, location, on_hand, threshold, low)
            SELECT %s, (ARRAY['L-1', 'L-2', 'L-3', 'main'])[n %% 4 + 1],
                   CASE WHEN n %% 1000 = 3 THEN 5 ELSE 100 END, CASE WHEN n %% 10 = 3 THEN 10 END, n %% 1000 = 3
            FROM generate_series(0, 999999) AS n
            """.formatted(SKU.formatted("n / 4 + 1"));

    private static final String LOCATIONS = "INSERT INTO location (location) VALUES ('L-1'), ('L-2'), ('L-3')";

    /** One every two seconds, until now. */
    private static final String MOVEMENTS = """
            INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, actor, trace_id, moved_at)
            SELECT %1$s, %1$s, CASE WHEN n %% 10 = 0 THEN '%2$s' ELSE %3$s END, 'main',
                   1, 100, n, 'sale', 'many', 'many', now() - (1000000 - n) * interval '2 seconds'
            FROM generate_series(1, 1000000) AS n
            """.formatted(ID, OFTEN_MOVED, SKU.formatted("n % 250000 + 1"));

    /** Two a second, until now: for less than six days. */
    private static final String EVENTS = """
            INSERT INTO event (position, id, type, subject, actor, trace_id, occurred_at, stored_at, payload)
            SELECT n, %s, 'inventory.updated', %s, 'many', 'many', now(), now() - (1000000 - n) * interval '500 milliseconds', '{}'
            FROM generate_series(1, 1000000) AS n
            """.formatted(ID, SKU.formatted("n % 250000 + 1"));

    private static final String FEED = """
            UPDATE feed_head SET head = 1000000, floor = (SELECT max(seq) FROM event), mark_seq = (SELECT max(seq) FROM event), mark_xid = NULL;
            UPDATE handler_cursor SET position = 1000000
            """;

    /** Of a day; a fiftieth is discarded. */
    private static final String JOBS = """
            INSERT INTO job (id, kind, payload, state, priority, run_at, unique_key, attempt, max_attempts, actor, trace_id, created_at, finished_at)
            SELECT %s, 'pms.sync', '{}', CASE WHEN n %% 50 = 0 THEN 'discarded' ELSE 'completed' END, 0, now(), 'P-' || n, 1, 10,
                   'many', 'many', now(), now() - n * interval '80 milliseconds'
            FROM generate_series(1, 1000000) AS n
            """.formatted(ID);

    /** Of a day. */
    private static final String ANSWERS = """
            INSERT INTO idempotency_key (scope, fingerprint, refused, answer, trace_id, created_at)
            SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'), decode(repeat('0', 64), 'hex'), false, '[]', 'many', now() - n * interval '80 milliseconds'
            FROM generate_series(1, 1000000) AS n
            """;

    private static final String DELIVERIES = """
            INSERT INTO webhook_delivery (webhook_id, fingerprint, answer, trace_id, received_at)
            SELECT 'msg_' || n, decode(repeat('0', 64), 'hex'), '{}', 'many', now() - n * interval '8 seconds'
            FROM generate_series(1, 300000) AS n
            """;

    /** Of transactions that ended long ago. */
    private static final String NOTICES = """
            INSERT INTO cache_notice (tag, xid, noted_at) SELECT 'stock:P-' || n, (3 + n / 1000)::text::xid8, now() - n * interval '1 millisecond'
            FROM generate_series(1, 300000) AS n
            """;

    private static final String HISTORY = """
            INSERT INTO product_history (sku, position, version, type, changed, actor, trace_id, occurred_at, product)
            SELECT '%s', n, n, 'product.updated', '{}', 'many', 'many', now(), '{}' FROM generate_series(1, 300000) AS n
            """.formatted(OFTEN_MOVED);

    private static final String UNKNOWN = """
            INSERT INTO unknown_sku (id, sku, location, on_hand, counted_at, webhook_id, times, first_seen, last_seen)
            SELECT %s, 'U-' || n, 'main', 1, now(), 'msg', 1, now(), now() FROM generate_series(1, 300000) AS n
            """.formatted(ID);

    private ManyRows() {}

    interface Connections {
        Connection open() throws SQLException;
    }

    /** Fills the tables of a migrated database that no replica is using, and has PostgreSQL analyse them. */
    static void fill(Connections connections) {
        CompletableFuture.allOf(
                        filling(
                                connections,
                                List.of("product", "stock", "idempotency_key", "webhook_delivery", "unknown_sku"),
                                PRODUCTS,
                                LOCATIONS,
                                STOCK,
                                ANSWERS,
                                DELIVERIES,
                                UNKNOWN),
                        filling(
                                connections,
                                List.of("stock_movement", "event", "job", "product_history", "cache_notice"),
                                MOVEMENTS,
                                EVENTS,
                                JOBS,
                                HISTORY,
                                NOTICES,
                                FEED))
                .join();
    }

    private static CompletableFuture<Void> filling(Connections connections, List<String> tables, String... rows) {
        return CompletableFuture.runAsync(() -> {
            try (var connection = connections.open()) {
                fill(connection, tables, rows);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Indexes are dropped and built anew afterwards, which is quicker than to keep them. */
    private static void fill(Connection connection, List<String> tables, String... rows) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica; SET synchronous_commit = off;"
                    + " SET maintenance_work_mem = '256MB'");
            var indexes = new ArrayList<String>();
            try (var found = statement.executeQuery("SELECT indexname, indexdef FROM pg_indexes AS i"
                    + " WHERE schemaname = current_schema() AND tablename IN ('" + String.join("', '", tables) + "')"
                    + " AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conname = i.indexname)")) {
                while (found.next()) {
                    indexes.add(found.getString("indexdef"));
                    drop(connection, found.getString("indexname"));
                }
            }
            for (var each : rows) {
                statement.execute(each);
            }
            for (var index : indexes) {
                statement.execute(index);
            }
            statement.execute("ANALYZE " + String.join(", ", tables));
        }
    }

    private static void drop(Connection connection, String index) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("DROP INDEX " + index);
        }
    }
}

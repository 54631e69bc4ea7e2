package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/**
 * What PostgreSQL plans for tables that it has not analysed yet, since the plan is kept until it does: that no statement looks so dear that
 * it would be compiled (JIT), and that none reads a whole table which has grown since. And what it plans for workers once it knows that many
 * jobs are due.
 */
class StatementPlansIT {
    private static final Set<String> GROWING = Set.of(
            "product",
            "stock",
            "stock_movement",
            "event",
            "job",
            "product_history",
            "idempotency_key",
            "webhook_delivery",
            "cache_notice",
            "unknown_sku",
            "pms_sync");

    /**
     * Planned for each page, beginning with these (ListQuery); the state of the queue, which is about all jobs; low stocks, and finished jobs
     * that are deleted a day later: PostgreSQL has analysed the table by then.
     */
    private static final String READS_WHOLE =
            "\\w+Table\\.LIST|QueueStateTable\\.STATE|StockTable\\.COUNT_LOW|JobTable\\.PRUNE";

    /** A fifth of PostgreSQL's {@code jit_above_cost}. */
    private static final double DEAR = 20_000;

    /** Few, so that a plan that reads all of them looks cheap. */
    private static final String THOUSANDS = """
            INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at)
            SELECT 'P-' || n, 'Lamp ' || n, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now() FROM generate_series(1, 1000) AS n;
            INSERT INTO stock (sku, location, on_hand) SELECT sku, 'main', 9 FROM product;
            INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, actor, trace_id, moved_at)
            SELECT gen_random_uuid(), gen_random_uuid(), sku, 'main', 9, 9, 2, 'delivery', 'few', 'few', now() FROM product;
            INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)
            SELECT gen_random_uuid(), 'other', '{}', 'available', 0, now(), 1, 'few', 'few' FROM product
            """;

    /** Nearly all are due, as PostgreSQL knows; all have been claimed and given back since the last vacuum, except the seventh, which runs. */
    private static final String MANY_DUE = """
            INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)
            SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 'other', '{}', 'available', 0, now(), 9, 'many', 'many'
            FROM generate_series(1, 20000) AS n;
            ANALYZE job;
            UPDATE job SET state = 'running', attempt = 1, token = 1, worker = gen_random_uuid(), lease_until = now() WHERE actor = 'many';
            UPDATE job SET state = 'available', worker = NULL, lease_until = NULL
            WHERE actor = 'many' AND id <> '00000000-0000-0000-0000-000000000007'
            """;

    private static final String SEVENTH = "'{00000000-0000-0000-0000-000000000007}'";

    @Test
    void withoutStatisticsNoStatementIsDearOrReadsWhatHasGrown() throws Exception {
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_INVENTORY_CHECK_EVERY", "1h"))) {
            var replica = cluster.start(0);
            await().atMost(Duration.ofMinutes(1)).until(replica::isReady);
            assertThat(replica.terminate()).isEqualTo(143);

            var soft = new SoftAssertions();
            try (var kept = new Statements(cluster.database());
                    var database = cluster.database()) {
                judge(soft, "while all is empty", kept);
                execute(database, THOUSANDS);
                try (var fresh = new Statements(cluster.database())) {
                    judge(soft, "with a thousand rows", fresh);
                    for (var statements : Map.of("kept", kept, "fresh", fresh).entrySet()) {
                        var rows = rows(statements.getValue());
                        soft.assertThat(rows.values())
                                .as(statements.getKey() + " plans, rows read: " + rows)
                                .allMatch(each -> each <= 10);
                    }
                }
                soft.assertThat(analysed(database)).as("not analysed meanwhile").isEmpty();
                execute(database, MANY_DUE);
                try (var analysed = new Statements(cluster.database())) {
                    judgeWorkers(soft, analysed);
                }
            }
            soft.assertAll();
        }
    }

    private static void judge(SoftAssertions soft, String when, Statements statements) throws SQLException {
        soft.assertThat(statements.names()).hasSizeGreaterThan(80);
        for (var name : statements.names()) {
            soft.assertThat(statements.cost(name))
                    .as("cost of %s %s", name, when)
                    .isLessThan(DEAR);
            if (!name.matches(READS_WHOLE)) {
                soft.assertThat(statements.readWhole(name))
                        .as("what %s reads as a whole %s", name, when)
                        .doesNotContainAnyElementsOf(GROWING);
            }
        }
    }

    /** What a worker reads for its own jobs does not depend on how many others there are, or were. */
    private static void judgeWorkers(SoftAssertions soft, Statements analysed) throws SQLException {
        soft.assertThat(analysed.rows("WorkTable.CLAIM", Values.claim("other", 128)))
                .as("rows that a claim of 128 reads: in the queue, by their keys, and written")
                .isLessThanOrEqualTo(3 * 128);
        soft.assertThat(analysed.rows("QueueStateTable.OLDEST"))
                .as("rows read to know since when the oldest has waited")
                .isLessThanOrEqualTo(10);
        soft.assertThat(analysed.pages("WorkTable.HEARTBEAT", SEVENTH, "'{1}'", "'{NULL}'", "15000"))
                .as("pages that the heartbeat of one job reads")
                .isLessThanOrEqualTo(100);
        soft.assertThat(analysed.pages("WorkTable.COMPLETE", SEVENTH, "'{1}'", "'{NULL}'", "'{NULL}'"))
                .as("pages that the end of one job reads")
                .isLessThanOrEqualTo(100);
    }

    /** Of what joins several tables, which may begin with the wrong one, such as with a location and all of its stock. */
    private static Map<String, Long> rows(Statements statements) throws SQLException {
        var rows = new TreeMap<String, Long>();
        for (var change : new String[] {"StockChangeTable.CHANGE", "StockChangeTable.CHANGE_UNLOCKED"}) {
            rows.put(change, statements.rows(change, Values.change("P-500", "main")));
        }
        rows.put("StockSyncTable.JUDGE", statements.rows("StockSyncTable.JUDGE", Values.count("P-500", "main")));
        rows.put("StockTable.SET_THRESHOLD", statements.rows("StockTable.SET_THRESHOLD", "'P-500'", "'main'", "5"));
        rows.put("WorkTable.CLAIM", statements.rows("WorkTable.CLAIM", Values.claim("other", 1)));
        rows.put("LedgerTable.FIND", statements.rows("LedgerTable.FIND", "ARRAY[gen_random_uuid()]"));
        return rows;
    }

    /** The values of a statement, as SQL. */
    static final class Values {
        private static final String ID = "ARRAY[gen_random_uuid()]";

        private Values() {}

        /** One line that takes one piece. */
        static String[] change(String sku, String location) {
            return new String[] {
                "'{" + sku + "}'",
                "'{" + location + "}'",
                "'{-1}'",
                "'{NULL}'",
                "'{NULL}'",
                ID,
                ID,
                ID,
                "'{sale}'",
                "'{NULL}'",
                "'{test}'",
                "'{test}'",
                "'{now}'",
                "'{0}'",
                "false",
                "'{}'",
                "'{}'",
                "'{}'",
                "'{NULL}'",
                ID,
                ID
            };
        }

        /** Counted a minute ago. */
        static String[] count(String sku, String location) {
            return new String[] {
                "'{" + sku + "}'", "'{" + location + "}'", "'{7}'", "ARRAY[now() - interval '1 minute']", "'{0}'", "60"
            };
        }

        static String[] claim(String kind, int most) {
            return new String[] {"'{" + kind + "}'", "'{" + most + "}'", "gen_random_uuid()", "30000"};
        }
    }

    private static Set<String> analysed(Connection database) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(
                        "SELECT coalesce(string_agg(relname, ' '), '') FROM pg_stat_user_tables"
                                + " WHERE coalesce(last_analyze, last_autoanalyze, last_vacuum, last_autovacuum) IS NOT NULL")) {
            rows.next();
            return rows.getString(1).isEmpty() ? Set.of() : Set.of(rows.getString(1));
        }
    }

    private static void execute(Connection database, String sql) throws SQLException {
        try (var statement = database.createStatement()) {
            statement.execute(sql);
        }
    }
}

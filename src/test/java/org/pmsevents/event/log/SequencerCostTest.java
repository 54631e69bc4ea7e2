package org.pmsevents.event.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

/** What a call of the sequencer costs depends on how many events it gives positions to, not on how many wait. */
@QuarkusTest
class SequencerCostTest {
    private static final int GIVEN = 100;

    @Inject
    Pool pool;

    /** {@code ANALYZE} finds nothing that waits, as it nearly always does; the plans that are kept since then must do for many. */
    @Test
    void aCallReadsTheEventsThatItGivesPositionsToOnly() {
        var connection = get(pool.getConnection());
        var transaction = get(connection.begin());
        try {
            run(connection, "SELECT count(*) FROM sequence_events(100000)");
            run(connection, "ANALYZE event");
            run(
                    connection,
                    "INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload) SELECT"
                            + " gen_random_uuid(), 'inventory.synced', 'many', 'many', 'many', now(), '{}' FROM"
                            + " generate_series(1, 3000)");
            long before = read(connection);
            assertThat(ask(connection, "SELECT count(*) FROM sequence_events(" + GIVEN + ")"))
                    .isEqualTo(GIVEN);
            assertThat(read(connection) - before)
                    .as("rows of event that were read to give %d positions: each is found, then looked up", GIVEN)
                    .isLessThanOrEqualTo(2 * GIVEN + 10);
        } finally {
            get(transaction.rollback());
            get(connection.close());
        }
    }

    private static long read(SqlClient client) {
        return ask(client, "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'event'");
    }

    private static void run(SqlClient client, String sql) {
        get(client.query(sql).execute());
    }

    private static long ask(SqlClient client, String sql) {
        Uni<Long> answer =
                client.query(sql).execute().map(rows -> rows.iterator().next().getLong(0));
        return get(answer);
    }
}

package org.pmsevents.queue.api;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The SQL over all jobs together. */
@ApplicationScoped
public class QueueStateTable {
    /** Goes from the first job of each kind and priority to that of the next, in the order of the index {@code job_due}. */
    private static final String OLDEST = """
            WITH RECURSIVE first AS (
              (SELECT kind, priority, run_at FROM job WHERE state IN ('scheduled', 'available', 'retryable')
               ORDER BY kind, priority DESC, run_at, id LIMIT 1)
              UNION ALL
              SELECT next.* FROM first CROSS JOIN LATERAL (
                (SELECT kind, priority, run_at FROM job
                 WHERE state IN ('scheduled', 'available', 'retryable') AND kind = first.kind AND priority < first.priority
                 ORDER BY kind, priority DESC, run_at, id LIMIT 1)
                UNION ALL
                (SELECT kind, priority, run_at FROM job
                 WHERE state IN ('scheduled', 'available', 'retryable') AND kind > first.kind
                 ORDER BY kind, priority DESC, run_at, id LIMIT 1)
                ORDER BY kind, priority DESC LIMIT 1) AS next)
            SELECT extract(epoch FROM now() - min(run_at))::float8 AS oldest FROM first WHERE run_at <= now()
            """;

    private static final String STATE = """
            SELECT counted.*, due.oldest
            FROM (SELECT count(*) FILTER (WHERE state = 'scheduled') AS scheduled,
                         count(*) FILTER (WHERE state = 'available') AS available,
                         count(*) FILTER (WHERE state = 'running') AS running,
                         count(*) FILTER (WHERE state = 'retryable') AS retryable,
                         count(*) FILTER (WHERE state = 'completed') AS completed,
                         count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
                         count(*) FILTER (WHERE state = 'discarded') AS discarded
                  FROM job) AS counted, (%s) AS due
            """.formatted(OLDEST);

    Uni<Optional<Double>> oldest(SqlClient client) {
        return client.query(OLDEST)
                .execute()
                .map(rows -> Optional.ofNullable(rows.iterator().next().getDouble("oldest")));
    }

    Uni<QueueState> state(SqlClient client) {
        return client.query(STATE).execute().map(rows -> state(rows.iterator().next()));
    }

    private static QueueState state(Row row) {
        return new QueueState(
                row.getLong("scheduled"),
                row.getLong("available"),
                row.getLong("running"),
                row.getLong("retryable"),
                row.getLong("completed"),
                row.getLong("cancelled"),
                row.getLong("discarded"),
                row.getDouble("oldest"));
    }
}

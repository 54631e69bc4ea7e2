package org.pmsevents.queue.worker;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobTable;

/** The SQL of workers. Every write to a running job carries its fencing token, and changes nothing if the token is old. */
@ApplicationScoped
public class WorkTable {
    private static final int ERRORS_KEPT = 20;

    /**
     * Whether a job runs, by a CHECK constraint. Asked for its state, the planner may find the jobs by {@code job_list} or {@code job_lease}
     * instead of their key; those have an entry for every claim since the last vacuum.
     */
    private static final String RUNS = "lease_until IS NOT NULL";

    /** The job of this worker, as long as no other worker has claimed it. */
    private static final String MINE = "id = $1 AND token = $2 AND " + RUNS;

    private static final String FREE = "lease_until = NULL, worker = NULL, cancel_requested = false, run_again = false";

    /**
     * The lease begins when the rows are written, not when the statement arrived: it may have waited. The limit excludes nothing. Of an array
     * with a limit that it can't know, the planner expects one row, whatever the statistics say, and looks the jobs up by their key; where it
     * expects many it would read the whole table into a hash. The same in the statements below.
     */
    private static final String CLAIM = """
            WITH due AS MATERIALIZED (
              SELECT j.id FROM unnest($1::text[], $2::int[]) AS wanted (kind, free)
              CROSS JOIN LATERAL (
                SELECT id FROM job
                WHERE kind = wanted.kind AND state IN ('scheduled', 'available', 'retryable') AND run_at <= now()
                ORDER BY priority DESC, run_at, id LIMIT wanted.free FOR UPDATE SKIP LOCKED) AS j)
            UPDATE job SET state = 'running', attempt = attempt + 1, token = token + 1, worker = $3,
                           lease_until = clock_timestamp() + $4 * interval '1 millisecond'
            FROM (SELECT due_id FROM unnest(ARRAY(SELECT id FROM due)) AS due_id
                  LIMIT (SELECT sum(free) FROM unnest($2::int[]) AS free)) AS chosen
            WHERE id = due_id RETURNING %s
            """.formatted(JobTable.COLUMNS);

    /** Stores progress where there is any. */
    private static final String HEARTBEAT = """
            UPDATE job SET lease_until = now() + $4 * interval '1 millisecond', progress = coalesce(claims.progress::json, job.progress)
            FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS c (id, token, progress)
                  LIMIT (SELECT cardinality($1::uuid[]))) AS claims
            WHERE job.id = claims.id AND job.token = claims.token AND %s
            RETURNING job.id, cancel_requested
            """.formatted(RUNS);

    private static final String FENCE = "SELECT FROM job WHERE %s FOR SHARE".formatted(MINE);

    private static final String STORE_CHECKPOINT =
            "UPDATE job SET checkpoint = $3::text::json WHERE %s".formatted(MINE);

    /** Leaves out what others have locked. */
    private static final String COMPLETE = """
            WITH mine AS MATERIALIZED (
              SELECT j.id AS mine_id, c.result AS done_result, c.progress AS done_progress
              FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) AS c (id, token, result, progress)
              CROSS JOIN LATERAL (
                SELECT id FROM job WHERE id = c.id AND token = c.token AND %s FOR UPDATE SKIP LOCKED) AS j)
            UPDATE job SET state = CASE WHEN run_again THEN 'available' ELSE 'completed' END,
                           attempt = CASE WHEN run_again THEN 0 ELSE attempt END,
                           run_at = CASE WHEN run_again THEN now() ELSE run_at END,
                           finished_at = CASE WHEN run_again THEN NULL ELSE now() END,
                           result = CASE WHEN run_again THEN NULL ELSE done_result::json END,
                           progress = coalesce(done_progress::json, progress), %s
            FROM (SELECT * FROM mine LIMIT (SELECT cardinality($1::uuid[]))) AS chosen
            WHERE id = mine_id RETURNING %s
            """.formatted(RUNS, FREE, JobTable.COLUMNS);

    private static final String RUNNING = """
            SELECT j.id FROM unnest($1::uuid[], $2::bigint[]) AS c (id, token)
            CROSS JOIN LATERAL (SELECT id FROM job WHERE id = c.id AND token = c.token AND %s OFFSET 0) AS j
            """.formatted(RUNS);

    private static final String ADD_ERROR = """
            (CASE WHEN jsonb_array_length(errors) >= %d THEN errors - 0 ELSE errors END)
            || jsonb_build_object('attempt', attempt, 'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'error', %s)
            """;

    /**
     * After a failure; the argument is the condition for having no further attempt. A job that was requested again while it ran
     * starts anew instead of ending.
     */
    private static final String AFTER_FAILURE = """
            state = CASE WHEN NOT (cancel_requested OR %1$s) THEN 'retryable' WHEN run_again THEN 'available'
                         WHEN cancel_requested THEN 'cancelled' ELSE 'discarded' END,
            attempt = CASE WHEN run_again AND (cancel_requested OR %1$s) THEN 0 ELSE %2$s END,
            finished_at = CASE WHEN NOT run_again AND (cancel_requested OR %1$s) THEN now() END""";

    /** Temporary failures leave half of the attempts for failures that count, such as crashes; postponed ones are no attempts. */
    private static final String FAIL = """
            UPDATE job SET %s,
                           run_at = now() + $5 * interval '1 millisecond',
                           errors = CASE WHEN $4::text = 'POSTPONED' THEN errors ELSE %s END, progress = coalesce($6::text::json, progress), %s
            WHERE %s RETURNING %s
            """.formatted(
                    AFTER_FAILURE.formatted(
                            "($4::text = 'PERMANENT' OR $4::text = 'COUNTED' AND attempt >= max_attempts)",
                            "CASE $4::text WHEN 'POSTPONED' THEN attempt - 1 WHEN 'TEMPORARY' THEN least(attempt, max_attempts / 2) ELSE attempt END"),
                    ADD_ERROR.formatted(ERRORS_KEPT, "$3::text"),
                    FREE,
                    MINE,
                    JobTable.COLUMNS);

    /** Cancels the job, unless it was requested again since. */
    private static final String STOP = """
            UPDATE job SET state = CASE WHEN run_again THEN 'available' ELSE 'cancelled' END,
                           attempt = CASE WHEN run_again THEN 0 ELSE attempt END,
                           finished_at = CASE WHEN NOT run_again THEN now() END,
                           progress = coalesce($3::text::json, progress), %s
            WHERE %s RETURNING %s
            """.formatted(FREE, MINE, JobTable.COLUMNS);

    /** The job has not caused the end of this attempt, so the attempt does not count. */
    private static final String RELEASE = """
            UPDATE job SET state = CASE WHEN cancel_requested AND NOT run_again THEN 'cancelled' ELSE 'available' END,
                           attempt = attempt - 1,
                           finished_at = CASE WHEN cancel_requested AND NOT run_again THEN now() END, %s
            WHERE worker = ANY($1::uuid[]) AND state = 'running' AND id <> ALL($2::uuid[]) RETURNING id
            """.formatted(FREE);

    /** A silent worker may have crashed because of this job, so the attempt counts. */
    private static final String EXPIRE = """
            UPDATE job SET %s, run_at = now(), errors = %s, %s
            WHERE id IN (SELECT id FROM job WHERE state = 'running' AND lease_until < now()
                         ORDER BY lease_until LIMIT 100 FOR UPDATE SKIP LOCKED)
            RETURNING %s
            """.formatted(
                    AFTER_FAILURE.formatted("attempt >= max_attempts", "attempt"),
                    ADD_ERROR.formatted(ERRORS_KEPT, "'the lease of its worker has expired'::text"),
                    FREE,
                    JobTable.COLUMNS);

    /** What a worker presents to renew a lease. */
    record Claim(UUID id, long token, @Nullable String progress) {}

    /**
     * A completed job.
     *
     * @param result as JSON
     * @param progress the latest, as JSON; null if there is none
     */
    record Completion(
            UUID id,
            long token,
            @Nullable String result,
            @Nullable String progress) {}

    /** Claims due jobs, the most urgent first, of each kind as many as wanted. */
    Uni<List<Job>> claim(SqlClient client, Map<String, Integer> wanted, UUID worker, Duration lease) {
        var kinds = wanted.keySet().toArray(String[]::new);
        var free = Arrays.stream(kinds).map(wanted::get).toArray(Integer[]::new);
        return client.preparedQuery(CLAIM)
                .execute(Tuple.of(kinds, free, worker, (double) lease.toMillis()))
                .map(JobTable::jobs);
    }

    /** Renews leases; returns the jobs that this worker still has, and whether each has to stop. */
    Uni<Map<UUID, Boolean>> heartbeat(SqlClient client, Collection<Claim> claims, Duration lease) {
        return client.preparedQuery(HEARTBEAT)
                .execute(Tuple.of(
                        claims.stream().map(Claim::id).toArray(UUID[]::new),
                        claims.stream().map(Claim::token).toArray(Long[]::new),
                        claims.stream().map(Claim::progress).toArray(String[]::new),
                        (double) lease.toMillis()))
                .map(rows -> {
                    var renewed = new HashMap<UUID, Boolean>();
                    rows.forEach(row -> renewed.put(row.getUUID("id"), row.getBoolean("cancel_requested")));
                    return renewed;
                });
    }

    /** Locks the job until the transaction ends; returns whether this worker still has it. */
    Uni<Boolean> fence(SqlClient transaction, UUID id, long token) {
        return transaction.preparedQuery(FENCE).execute(Tuple.of(id, token)).map(rows -> rows.size() == 1);
    }

    /** Stores a checkpoint for the next attempt; returns whether this worker still has the job. */
    Uni<Boolean> storeCheckpoint(SqlClient client, UUID id, long token, String checkpoint) {
        return client.preparedQuery(STORE_CHECKPOINT)
                .execute(Tuple.of(id, token, checkpoint))
                .map(rows -> rows.rowCount() == 1);
    }

    /** Returns the jobs by their ids, without those that this worker no longer has or others have locked. */
    Uni<Map<UUID, Job>> complete(SqlClient client, List<Completion> done) {
        return client.preparedQuery(COMPLETE)
                .execute(Tuple.of(
                        ids(done),
                        tokens(done),
                        done.stream().map(Completion::result).toArray(String[]::new),
                        done.stream().map(Completion::progress).toArray(String[]::new)))
                .map(rows -> JobTable.jobs(rows).stream().collect(Collectors.toMap(Job::id, job -> job)));
    }

    /** The ids of those jobs that this worker has, locked by others or not. */
    Uni<Set<UUID>> running(SqlClient client, List<Completion> done) {
        return client.preparedQuery(RUNNING)
                .execute(Tuple.of(ids(done), tokens(done)))
                .map(rows -> {
                    var ids = new HashSet<UUID>();
                    rows.forEach(row -> ids.add(row.getUUID("id")));
                    return ids;
                });
    }

    private static UUID[] ids(List<Completion> done) {
        return done.stream().map(Completion::id).toArray(UUID[]::new);
    }

    private static Long[] tokens(List<Completion> done) {
        return done.stream().map(Completion::token).toArray(Long[]::new);
    }

    /** Empty if this worker no longer has the job; so with the method below. */
    Uni<Optional<Job>> fail(
            SqlClient client,
            UUID id,
            long token,
            String error,
            JobFailure.Kind kind,
            Duration pause,
            @Nullable String progress) {
        return client.preparedQuery(FAIL)
                .execute(Tuple.of(id, token, error, kind.name(), (double) pause.toMillis(), progress))
                .map(JobTable::first);
    }

    Uni<Optional<Job>> stop(SqlClient client, UUID id, long token, @Nullable String progress) {
        return client.preparedQuery(STOP).execute(Tuple.of(id, token, progress)).map(JobTable::first);
    }

    /** Releases the jobs that were claimed under these ids, except the given jobs; returns how many. */
    Uni<Integer> release(SqlClient client, Collection<UUID> workers, Collection<UUID> except) {
        return client.preparedQuery(RELEASE)
                .execute(Tuple.of(workers.toArray(UUID[]::new), except.toArray(UUID[]::new)))
                .map(rows -> rows.rowCount());
    }

    /** Only asks whether PostgreSQL answers; the list is empty. */
    Uni<List<Job>> ask(SqlClient client) {
        return client.query("SELECT 1").execute().replaceWith(List.of());
    }

    /** Takes jobs from workers whose leases have expired. */
    Uni<List<Job>> expire(SqlClient client) {
        return client.preparedQuery(EXPIRE).execute().map(JobTable::jobs);
    }
}

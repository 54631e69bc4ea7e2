package org.pmsevents.queue;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.ListQuery;

/** The SQL for creating, reading and controlling jobs. {@code WorkTable} has the SQL of workers. */
@ApplicationScoped
public class JobTable {
    public static final String COLUMNS = """
            id, kind, payload::text AS payload, state, priority, run_at, unique_key, attempt, max_attempts, token, cancel_requested, \
            progress::text AS progress, checkpoint::text AS checkpoint, result::text AS result, errors::text AS errors, actor, trace_id, created_at, finished_at""";

    static final String UNFINISHED = "state IN ('scheduled', 'available', 'running', 'retryable')";

    /**
     * Keeps an unfinished job under the same key. If it is running it is run once more afterwards; if it waits, it serves this
     * request as well.
     */
    private static final String INSERT = """
            INSERT INTO job (id, kind, payload, state, priority, run_at, unique_key, max_attempts, actor, trace_id)
            SELECT id, $2, payload::json, CASE WHEN $5::timestamptz > now() THEN 'scheduled' ELSE 'available' END, $4::integer,
                   coalesce($5, now()), unique_key, $7::integer, $8, $9
            FROM unnest($1::uuid[], $3::text[], $6::text[]) WITH ORDINALITY AS wanted (id, payload, unique_key, n) ORDER BY n
            ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND %s
            DO UPDATE SET run_again = job.state = 'running', checkpoint = CASE job.state WHEN 'running' THEN job.checkpoint END
            RETURNING %s
            """.formatted(UNFINISHED, COLUMNS);

    private static final String FIND = "SELECT %s FROM job WHERE id = $1".formatted(COLUMNS);

    /** The newest first: ids are UUIDv7. */
    private static final String LIST = "SELECT %s FROM job".formatted(COLUMNS);

    /** A running job is only asked to stop. */
    private static final String CANCEL = """
            UPDATE job SET state = CASE state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
                           cancel_requested = state = 'running', run_again = false,
                           finished_at = CASE state WHEN 'running' THEN NULL ELSE now() END
            WHERE id = $1 AND %s RETURNING %s
            """.formatted(UNFINISHED, COLUMNS);

    private static final String RETRY = """
            UPDATE job SET state = 'available', attempt = CASE WHEN finished_at IS NULL THEN least(attempt, max_attempts - 1) ELSE 0 END,
                           run_at = now(), finished_at = NULL
            WHERE id = $1 AND state IN ('scheduled', 'retryable', 'cancelled', 'discarded') RETURNING %s
            """.formatted(COLUMNS);

    /** Of several jobs under one key only the newest, and none whose key an unfinished job has. */
    private static final String RETRY_DISCARDED = """
            WITH chosen AS (
              SELECT id FROM job AS j
              WHERE state = 'discarded' AND kind = $1 AND id > $2
                AND (SELECT true FROM job AS other
                     WHERE other.kind = j.kind AND other.unique_key = j.unique_key
                       AND other.state IN ('scheduled', 'available', 'running', 'retryable') LIMIT 1) IS NULL
                AND (SELECT true FROM job AS newer
                     WHERE newer.kind = j.kind AND newer.unique_key = j.unique_key
                       AND newer.state = 'discarded' AND newer.id > j.id LIMIT 1) IS NULL
              ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
            UPDATE job SET state = 'available', attempt = 0, run_at = now(), finished_at = NULL
            FROM chosen WHERE job.id = chosen.id RETURNING job.id
            """;

    /** One job every 20 ms, so that a system that has just recovered is not overloaded. */
    private static final String RETRY_SOON = """
            WITH waiting AS MATERIALIZED (
              SELECT id, row_number() OVER (ORDER BY run_at, id) AS place FROM job
              WHERE kind = $1 AND state = 'retryable' AND run_at > now())
            UPDATE job SET run_at = least(run_at, now() + place * interval '20 milliseconds')
            FROM waiting WHERE job.id = waiting.id AND state = 'retryable'
            """;

    /** The oldest of each state, in the order of the index {@code job_finished}. */
    private static final String PRUNE = """
            DELETE FROM job WHERE id = ANY(ARRAY(
              SELECT old.id FROM unnest($1::text[]) AS wanted (state)
              CROSS JOIN LATERAL (
                SELECT id FROM job
                WHERE state = wanted.state AND finished_at < now() - $2 * interval '1 second'
                ORDER BY finished_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS old
              LIMIT $3))
            """;

    private static final String SCHEDULE = """
            INSERT INTO job_schedule (kind, cron, next_at) VALUES ($1, $2, $3)
            ON CONFLICT (kind) DO UPDATE SET cron = excluded.cron, next_at = excluded.next_at WHERE job_schedule.cron <> excluded.cron
            """;

    private static final String DUE =
            "SELECT kind, next_at, now() AS now FROM job_schedule WHERE kind = ANY($1) AND next_at <= now() FOR UPDATE SKIP LOCKED";

    private static final String MOVE = "UPDATE job_schedule SET next_at = $2 WHERE kind = $1";

    private static final String UNIQUE_VIOLATION = "23505";

    /** A kind that is due, by the clock of the database. */
    public record Due(String kind, Instant now) {}

    /**
     * A job to insert.
     *
     * @param payload JSON
     */
    public record Wanted(UUID id, NewJob<?> job, String payload) {}

    /**
     * Inserts jobs that differ in payload and key only; returns each, or the unfinished job that has its key.
     *
     * @param wanted at least one; of different keys
     */
    public Uni<List<Job>> insert(SqlClient transaction, List<Wanted> wanted, int maxAttempts) {
        var like = wanted.get(0).job();
        var runAt = like.runAt();
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.from(Arrays.asList(
                        wanted.stream().map(Wanted::id).toArray(UUID[]::new),
                        like.kind().name(),
                        wanted.stream().map(Wanted::payload).toArray(String[]::new),
                        like.priority(),
                        runAt == null ? null : runAt.atOffset(ZoneOffset.UTC),
                        wanted.stream().map(each -> each.job().uniqueKey()).toArray(String[]::new),
                        maxAttempts,
                        like.context().actor(),
                        like.context().traceId())))
                .map(JobTable::jobs);
    }

    public Uni<Optional<Job>> find(SqlClient client, UUID id) {
        return client.preparedQuery(FIND).execute(Tuple.of(id)).map(JobTable::first);
    }

    public Uni<List<Job>> list(
            SqlClient client, @Nullable JobState state, @Nullable String kind, @Nullable UUID after, int limit) {
        return ListQuery.of(LIST)
                .when(state != null, "state = ?", state == null ? null : state.wireName())
                .when(kind != null, "kind = ?", kind)
                .when(after != null, "id < ?", after)
                .end("ORDER BY id DESC LIMIT ?", limit)
                .execute(client)
                .map(JobTable::jobs);
    }

    /** Cancels an unfinished job, or asks its worker to stop; empty if the job is finished or does not exist. */
    public Uni<Optional<Job>> cancel(SqlClient client, UUID id) {
        return client.preparedQuery(CANCEL).execute(Tuple.of(id)).map(JobTable::first);
    }

    /**
     * Retries a job now; empty if it is running, completed or does not exist.
     *
     * @throws ConflictException if an unfinished job has its key
     */
    public Uni<Optional<Job>> retry(SqlClient client, UUID id) {
        return client.preparedQuery(RETRY)
                .execute(Tuple.of(id))
                .onFailure(JobTable::isTaken)
                .transform(ConflictException::new)
                .map(JobTable::first);
    }

    /**
     * Retries discarded jobs of a kind with ids after the given one, at most {@code limit}; returns their ids.
     *
     * @throws ConflictException if one of their keys was taken in the meantime
     */
    public Uni<List<UUID>> retryDiscarded(SqlClient client, String kind, UUID after, int limit) {
        return client.preparedQuery(RETRY_DISCARDED)
                .execute(Tuple.of(kind, after, limit))
                .onFailure(JobTable::isTaken)
                .transform(ConflictException::new)
                .map(rows -> {
                    var ids = new ArrayList<UUID>(rows.size());
                    rows.forEach(row -> ids.add(row.getUUID("id")));
                    return ids;
                });
    }

    /** Retries the jobs of a kind that wait after a failure, soon; returns how many. */
    public Uni<Integer> retrySoon(SqlClient client, String kind) {
        return client.preparedQuery(RETRY_SOON).execute(Tuple.of(kind)).map(RowSet::rowCount);
    }

    /** Deletes jobs that have been in one of the states for longer than {@code age}; returns how many. */
    public Uni<Integer> prune(SqlClient client, List<JobState> states, Duration age, int limit) {
        return client.preparedQuery(PRUNE)
                .execute(Tuple.of(
                        states.stream().map(JobState::wireName).toArray(String[]::new),
                        (double) age.toSeconds(),
                        limit))
                .map(RowSet::rowCount);
    }

    /** Sets when a kind is due next, unless that is set already. */
    public Uni<Void> schedule(SqlClient client, String kind, String cron, Instant next) {
        return client.preparedQuery(SCHEDULE)
                .execute(Tuple.of(kind, cron, next.atOffset(ZoneOffset.UTC)))
                .replaceWithVoid();
    }

    /** Returns the kinds that are due, locked against other replicas. */
    public Uni<List<Due>> due(SqlClient transaction, List<String> kinds) {
        return transaction
                .preparedQuery(DUE)
                .execute(Tuple.of(kinds.toArray(String[]::new)))
                .map(rows -> {
                    var due = new ArrayList<Due>();
                    rows.forEach(row -> due.add(new Due(
                            row.getString("kind"), row.getOffsetDateTime("now").toInstant())));
                    return due;
                });
    }

    public Uni<Void> moveSchedule(SqlClient transaction, String kind, Instant next) {
        return transaction
                .preparedQuery(MOVE)
                .execute(Tuple.of(kind, next.atOffset(ZoneOffset.UTC)))
                .replaceWithVoid();
    }

    public static Optional<Job> first(RowSet<Row> rows) {
        var row = rows.iterator();
        return row.hasNext() ? Optional.of(job(row.next())) : Optional.empty();
    }

    public static List<Job> jobs(RowSet<Row> rows) {
        var jobs = new ArrayList<Job>(rows.size());
        rows.forEach(row -> jobs.add(job(row)));
        return jobs;
    }

    private static boolean isTaken(Throwable failure) {
        return failure instanceof PgException postgres && UNIQUE_VIOLATION.equals(postgres.getSqlState());
    }

    private static Job job(Row row) {
        var finishedAt = row.getOffsetDateTime("finished_at");
        var id = row.getUUID("id");
        return new Job(
                id,
                row.getString("kind"),
                row.getString("payload"),
                JobState.named(row.getString("state")).orElseThrow(),
                row.getInteger("priority"),
                row.getOffsetDateTime("run_at").toInstant(),
                row.getString("unique_key"),
                row.getInteger("attempt"),
                row.getInteger("max_attempts"),
                row.getLong("token"),
                row.getBoolean("cancel_requested"),
                row.getString("progress"),
                row.getString("checkpoint"),
                row.getString("result"),
                row.getString("errors"),
                new RequestContext(row.getString("actor"), row.getString("trace_id"), EventMetadata.spanOf(id)),
                row.getOffsetDateTime("created_at").toInstant(),
                finishedAt == null ? null : finishedAt.toInstant());
    }
}

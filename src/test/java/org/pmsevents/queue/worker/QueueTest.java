package org.pmsevents.queue.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.JobTable;
import org.pmsevents.queue.LeaseLostException;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;
import org.pmsevents.queue.schedule.JobSchedule;

/** The queue as other rooms use it, and what its tables let nobody do. */
@QuarkusTest
class QueueTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final String name = "Q" + UUID.randomUUID();

    @Inject
    TestJobs.Several kind;

    @Inject
    TestJobs.Single single;

    @Inject
    CleanUpJobs cleanUpJobs;

    @Inject
    JobFlow flow;

    @Inject
    JobTable jobs;

    @Inject
    WorkTable work;

    @Inject
    JobSchedule schedule;

    @Inject
    JobWorker worker;

    @Inject
    Transactions transactions;

    @Inject
    Pool pool;

    private NewJob<TestJobs.Named> job(JobKind<TestJobs.Named> kind) {
        return NewJob.of(kind, new TestJobs.Named(name), RequestContext.system());
    }

    private NewJob<TestJobs.Named> job(JobKind<TestJobs.Named> kind, int priority) {
        return new NewJob<>(kind, new TestJobs.Named(name), priority, null, null, null, RequestContext.system());
    }

    private NewJob<TestJobs.Named> inAnHour(JobKind<TestJobs.Named> kind) {
        var time = Instant.now().plus(Duration.ofHours(1));
        return new NewJob<>(kind, new TestJobs.Named(name), 0, time, null, null, RequestContext.system());
    }

    private Job create(NewJob<?> job) {
        return get(transactions.run(transaction -> flow.createJob(transaction, job)));
    }

    private Job find(UUID id) {
        return get(jobs.find(pool, id)).orElseThrow();
    }

    private Job awaitState(UUID id, JobState state) {
        await(id + " becomes " + state).until(() -> find(id).state() == state);
        return find(id);
    }

    private Row ask(String sql, Object... parameters) {
        return get(pool.preparedQuery(sql).execute(Tuple.from(List.of(parameters))))
                .iterator()
                .next();
    }

    @Test
    void aJobThatNobodyAnnouncesIsFoundByThePoll() {
        awaitState(create(job(kind)).id(), JobState.COMPLETED);
    }

    @Test
    void aJobIsThereOnlyIfItsChangeIs() {
        var made = new AtomicReference<UUID>();
        assertThatThrownBy(() -> get(transactions.run(transaction -> flow.createJob(transaction, job(kind))
                        .invoke(job -> made.set(job.id()))
                        .chain(() -> Uni.createFrom().failure(new IllegalStateException("the change fails"))))))
                .hasMessage("the change fails");
        assertThat(get(jobs.find(pool, made.get()))).isEmpty();
    }

    @Test
    void ofAKindThatIsLimitedToOneTheMostUrgentIsRunFirstAndNoTwoAtOnce() {
        var order = new CopyOnWriteArrayList<UUID>();
        var open = new CopyOnWriteArrayList<UniEmitter<? super Object>>();
        single.define(
                name,
                (payload, run) -> Uni.createFrom().emitter(emitter -> {
                    order.add(run.jobId());
                    open.add(emitter);
                }));
        var ids = get(transactions.run(transaction -> Uni.join()
                        .all(List.of(
                                flow.createJob(transaction, job(single, -5)),
                                flow.createJob(transaction, job(single, 7)),
                                flow.createJob(transaction, job(single))))
                        .andFailFast()))
                .stream()
                .map(Job::id)
                .toList();
        for (int i = 1; i <= 3; i++) {
            int running = i;
            await().until(() -> open.size() == running);
            assertThat(ask("SELECT count(*) AS n FROM job WHERE kind = 'test.single' AND state = 'running'")
                            .getLong("n"))
                    .isEqualTo(1);
            open.get(i - 1).complete(null);
        }
        ids.forEach(id -> awaitState(id, JobState.COMPLETED));
        assertThat(order).containsExactly(ids.get(1), ids.get(2), ids.get(0));
    }

    @Test
    void whoWasTakenOverCanWriteNothing() {
        var runs = new CopyOnWriteArrayList<JobRun>();
        var ends = new CopyOnWriteArrayList<UniEmitter<? super Object>>();
        kind.define(name, (payload, run) -> {
            runs.add(run);
            return Uni.createFrom().emitter(ends::add);
        });
        var id = create(job(kind)).id();
        await().until(() -> ends.size() == 1);
        // as if the worker had been silent for too long; here it finds out by itself, later
        ask("UPDATE job SET lease_until = now() - interval '1 hour' WHERE id = $1 RETURNING id", id);
        await().until(() -> ends.size() == 2);
        var first = runs.get(0);
        var second = runs.get(1);
        assertThat(second.token()).isEqualTo(first.token() + 1);
        assertThat(second.attempt()).isEqualTo(2);
        assertThatThrownBy(() -> get(transactions.run(first::fence))).isInstanceOf(LeaseLostException.class);
        assertThat(get(work.complete(pool, List.of(new WorkTable.Completion(id, first.token(), "1", null)))))
                .isEmpty();
        assertThat(get(work.fail(pool, id, first.token(), "no", JobFailure.Kind.PERMANENT, Duration.ZERO, null)))
                .isEmpty();
        assertThat(get(work.stop(pool, id, first.token(), null))).isEmpty();
        assertThat(get(work.heartbeat(pool, List.of(new WorkTable.Claim(id, first.token(), "1")), LIMIT)))
                .isEmpty();
        get(transactions.run(second::fence));
        ends.get(0).complete("first");
        ends.get(1).complete("second");
        assertThat(awaitState(id, JobState.COMPLETED).result()).isEqualTo("\"second\"");
    }

    @Test
    void aJobWhoseRowIsLockedHoldsUpNoOther() {
        var ends = new CopyOnWriteArrayList<UniEmitter<? super Object>>();
        kind.define(name, (payload, run) -> Uni.createFrom().emitter(ends::add));
        var locked = create(job(kind)).id();
        await().until(() -> ends.size() == 1);
        var other = create(job(kind)).id();
        await().until(() -> ends.size() == 2);
        var holder = get(pool.getConnection());
        try {
            get(holder.query("BEGIN").execute());
            get(holder.preparedQuery("SELECT FROM job WHERE id = $1 FOR UPDATE").execute(Tuple.of(locked)));
            ends.forEach(end -> end.complete("done"));
            awaitState(other, JobState.COMPLETED);
            assertThat(ask("SELECT count(*) AS n FROM job WHERE id = $1 AND state = 'running'", locked)
                            .getLong("n"))
                    .isEqualTo(1);
        } finally {
            get(holder.query("ROLLBACK").execute());
            holder.closeAndForget();
        }
        awaitState(locked, JobState.COMPLETED);
    }

    @Test
    void aTemporaryFailureNeverDiscardsAJob() {
        kind.define(
                name,
                (payload, run) -> run.token() <= 5
                        ? Uni.createFrom().failure(JobFailure.temporary("not yet", null, null))
                        : Uni.createFrom().item(run.token()));
        var id = create(new NewJob<>(kind, new TestJobs.Named(name), 0, null, null, 3, RequestContext.system()))
                .id();
        for (int claims = 1; claims <= 5; claims++) {
            awaitClaims(id, claims);
            retrySoon();
        }
        var done = awaitState(id, JobState.COMPLETED);
        assertThat(done.result()).isEqualTo("6");
        assertThat(done.attempt()).isLessThan(done.maxAttempts());
    }

    @Test
    void whatWasPostponedWasNoAttemptAndComesBackWhenItHasSaid() {
        kind.define(
                name,
                (payload, run) -> Uni.createFrom()
                        .failure(JobFailure.postponed("not now", null, Duration.ofHours(run.token() == 1 ? 1 : 2))));
        var id = create(job(kind)).id();
        var job = awaitState(id, JobState.RETRYABLE);
        assertThat(job.attempt()).isZero();
        assertThat(job.errors()).isEqualTo("[]");
        assertThat(Duration.between(Instant.now(), job.runAt())).isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
        retrySoon();
        awaitClaims(id, 2);
        assertThat(Duration.between(Instant.now(), find(id).runAt()))
                .isBetween(Duration.ofMinutes(119), Duration.ofHours(2));
    }

    private void retrySoon() {
        get(flow.retrySoon(kind.name()));
    }

    private void awaitClaims(UUID id, int claims) {
        await().until(() -> find(id).token() >= claims && find(id).state() != JobState.RUNNING);
    }

    @Test
    void aFencedTransactionHoldsATakeoverBack() {
        var runs = new CopyOnWriteArrayList<JobRun>();
        kind.define(name, (payload, run) -> {
            runs.add(run);
            return Uni.createFrom().nothing();
        });
        var id = create(job(kind)).id();
        await().until(() -> runs.size() == 1);
        get(transactions.run(transaction -> runs.get(0)
                .fence(transaction)
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .invoke(() -> {
                    // on another connection, which finds the row locked until this transaction ends
                    var free = get(pool.preparedQuery("SELECT FROM job WHERE id = $1 FOR UPDATE SKIP LOCKED")
                            .execute(Tuple.of(id)));
                    assertThat(free.size()).isZero();
                })));
        get(jobs.cancel(pool, id));
        awaitState(id, JobState.CANCELLED);
    }

    @Test
    void shutDownGivesJobsBackAndCostsThemNoAttempt() {
        var id = create(inAnHour(kind)).id();
        var silent = UUID.randomUUID();
        ask(
                "UPDATE job SET state = 'running', attempt = 1, token = 1, worker = $2, lease_until = now() + interval '1 hour', run_at = now() + interval '1 hour' WHERE id = $1 RETURNING id",
                id,
                silent);
        assertThat(get(work.release(pool, List.of(silent), List.of(id)))).isZero();
        assertThat(get(work.release(pool, List.of(silent), List.of()))).isEqualTo(1);
        var job = find(id);
        assertThat(job.state()).isEqualTo(JobState.AVAILABLE);
        assertThat(job.attempt()).isZero();
        get(jobs.cancel(pool, id));
    }

    @Test
    void aClaimWhoseAnswerIsLostIsNoAttempt() {
        var holder = get(pool.getConnection());
        try {
            get(holder.query("SELECT pg_advisory_lock(13)").execute());
            // the claim of this job, and nothing else, waits for the lock: for longer than the worker waits for its
            // answer
            get(pool.query("""
                            CREATE FUNCTION hold_claim() RETURNS trigger LANGUAGE plpgsql AS $$
                            BEGIN PERFORM pg_advisory_xact_lock(13); RETURN NEW; END $$;
                            CREATE TRIGGER hold_claim BEFORE UPDATE ON job FOR EACH ROW
                            WHEN (NEW.state = 'running' AND OLD.state <> 'running' AND NEW.payload ->> 'name' = '%s')
                            EXECUTE FUNCTION hold_claim()
                            """.formatted(name)).execute());
            var id = create(new NewJob<>(single, new TestJobs.Named(name), 0, null, null, 1, RequestContext.system()))
                    .id();
            await().until(() ->
                    ask("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND objid = 13 AND NOT granted")
                                    .getLong("n")
                            == 1);
            // claims are made one at a time, so the next one says that the first was given up
            var next = NewJob.of(kind, new TestJobs.Named("next" + name), RequestContext.system());
            awaitState(create(next).id(), JobState.COMPLETED);
            get(holder.query("SELECT pg_advisory_unlock(13)").execute());
            await().atMost(Duration.ofSeconds(45)).until(() -> find(id).state().isFinished());
            assertThat(find(id).state()).as(find(id).errors()).isEqualTo(JobState.COMPLETED);
            assertThat(find(id).attempt()).isEqualTo(1);
            assertThat(find(id).token()).as("it was claimed twice").isEqualTo(2);
        } finally {
            // otherwise what is done next could wait, behind that claim, for its own lock
            get(holder.query("SELECT pg_advisory_unlock_all()").execute());
            get(holder.close());
            get(pool.query("DROP TRIGGER IF EXISTS hold_claim ON job; DROP FUNCTION IF EXISTS hold_claim()")
                    .execute());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE job SET state = 'completed', finished_at = now(), attempt = 1 WHERE id = $1",
                "UPDATE job SET state = 'discarded', finished_at = now() WHERE id = $1",
                "UPDATE job SET state = 'retryable' WHERE id = $1",
                "UPDATE job SET state = 'cancelled' WHERE id = $1",
                "UPDATE job SET state = 'running', attempt = 1, token = 1 WHERE id = $1",
                "UPDATE job SET state = 'elsewhere' WHERE id = $1",
                "UPDATE job SET lease_until = now() WHERE id = $1",
                "UPDATE job SET run_again = true WHERE id = $1",
                "UPDATE job SET cancel_requested = true WHERE id = $1",
                "UPDATE job SET result = '1' WHERE id = $1",
            })
    void theDatabaseRefusesWhatIsNoArrowOfTheStateDiagram(String sql) {
        var id = create(inAnHour(kind)).id();
        assertThatThrownBy(() -> get(pool.preparedQuery(sql).execute(Tuple.of(id))))
                .hasMessageContaining("23514");
        assertThat(find(id).state()).isEqualTo(JobState.SCHEDULED);
        get(jobs.cancel(pool, id));
        assertThatThrownBy(() -> get(pool.preparedQuery(
                                "UPDATE job SET state = 'running', finished_at = NULL, attempt = 1, token = 1, worker = gen_random_uuid(), lease_until = now() WHERE id = $1")
                        .execute(Tuple.of(id))))
                .hasMessageContaining("a job can not go from cancelled to running");
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", "retryable", "completed", "cancelled", "discarded"})
    void aJobBeginsAsScheduledOrAvailableOnly(String state) {
        assertThatThrownBy(() -> ask(
                        "INSERT INTO job (id, kind, payload, state, priority, run_at, attempt, token, worker, lease_until, finished_at, max_attempts, actor, trace_id)"
                                + " SELECT $1, 'test.named', '{}', s, 0, now(), 1, 1, CASE s WHEN 'running' THEN $1 END, CASE s WHEN 'running' THEN now() END,"
                                + " CASE WHEN s IN ('completed', 'cancelled', 'discarded') THEN now() END, 5, 'a', 't' FROM (SELECT $2::text AS s) AS wanted RETURNING id",
                        UUID.randomUUID(),
                        state))
                .hasMessageContaining("a job can not begin as " + state);
    }

    @Test
    void pausesDoubleWithJitterUpToTheLongest() {
        kind.define(name, (payload, run) -> Uni.createFrom().failure(new IllegalStateException("no")));
        var id = create(job(kind)).id();
        // the first pause is 20 ms, so after the 10th attempt it is 20 ms * 2^9, and after the 18th the longest, 10
        // minutes
        assertThat(pauseAfter(id, 10)).isBetween(Duration.ofMillis(3_000), Duration.ofMillis(10_240));
        assertThat(pauseAfter(id, 18)).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(10));
        get(jobs.cancel(pool, id));
    }

    private Duration pauseAfter(UUID id, int attempt) {
        await().until(() -> get(pool.preparedQuery(
                                        "UPDATE job SET attempt = $2, run_at = now() WHERE id = $1 AND state = 'retryable'")
                                .execute(Tuple.of(id, attempt - 1)))
                        .rowCount()
                == 1);
        worker.wake();
        await().until(() -> find(id).attempt() == attempt && find(id).state() == JobState.RETRYABLE);
        return Duration.between(Instant.now(), find(id).runAt());
    }

    @Test
    void aKindWithACronExpressionGetsOneJobEachTimeHoweverManyReplicasLook() {
        get(schedule.createDue());
        long before = ask("SELECT count(*) AS n FROM job WHERE kind = 'queue.clean-up'")
                .getLong("n");
        ask(
                "UPDATE job_schedule SET next_at = now() - interval '3 hours' WHERE kind = 'queue.clean-up' RETURNING kind");
        var looks = new ArrayList<Uni<Void>>();
        for (int i = 0; i < 5; i++) {
            looks.add(schedule.createDue());
        }
        get(Uni.join().all(looks).andFailFast());
        // the service looks, too, and may be the one that is about to commit it
        await().until(() -> ask("SELECT count(*) AS n FROM job WHERE kind = 'queue.clean-up'")
                        .getLong("n")
                == before + 1);
        var next = ask("SELECT next_at, now() AS now FROM job_schedule WHERE kind = 'queue.clean-up'");
        assertThat(next.getOffsetDateTime("next_at"))
                .isAfter(next.getOffsetDateTime("now"))
                .isBefore(next.getOffsetDateTime("now").plusMinutes(61));
        assertThat(next.getOffsetDateTime("next_at").getMinute()).isEqualTo(17);
    }

    @Test
    void whatHasBeenFinishedForLongIsDeletedAndNothingElse() {
        var old = awaitState(create(job(kind)).id(), JobState.COMPLETED).id();
        var young = awaitState(create(job(kind)).id(), JobState.COMPLETED).id();
        var waiting = create(inAnHour(kind)).id();
        ask("UPDATE job SET finished_at = now() - interval '2 days' WHERE id = $1 RETURNING id", old);
        var cleanUp =
                create(new NewJob<>(cleanUpJobs, new CleanUp.Nothing(), 0, null, null, null, RequestContext.system()));
        assertThat(awaitState(cleanUp.id(), JobState.COMPLETED).result()).matches("\\{\"jobs\":[1-9][0-9]*}");
        assertThat(get(jobs.find(pool, old))).isEmpty();
        assertThat(find(young).state()).isEqualTo(JobState.COMPLETED);
        assertThat(find(waiting).state()).isEqualTo(JobState.SCHEDULED);
        get(jobs.cancel(pool, waiting));
    }

    @Test
    void moreThanAreDeletedAtOnceAreDeletedByOneRun() {
        ask(
                "WITH made AS (INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)"
                        + " SELECT gen_random_uuid(), $1, '{}', 'scheduled', 0, now() + interval '1 day', 1, 'a', 't' FROM generate_series(1, 2500) RETURNING id)"
                        + " SELECT count(*) FROM made",
                "test.gone");
        ask(
                "WITH ended AS (UPDATE job SET state = 'cancelled', finished_at = now() - interval '60 days' WHERE kind = $1 RETURNING id) SELECT count(*) FROM ended",
                "test.gone");
        var cleanUp =
                create(new NewJob<>(cleanUpJobs, new CleanUp.Nothing(), 0, null, null, null, RequestContext.system()));
        var done = awaitState(cleanUp.id(), JobState.COMPLETED);
        assertThat(done.result()).matches("\\{\"jobs\":(2[5-9]|[3-9][0-9])[0-9]{2}}");
        assertThat(ask("SELECT count(*) AS n FROM job WHERE kind = $1", "test.gone")
                        .getLong("n"))
                .isZero();
    }

    @Test
    void aPayloadThatThisVersionCannotReadIsADeadLetter() {
        var id = UUID.randomUUID();
        ask(
                "INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id) VALUES ($1, 'test.named', '{\"nome\":1}', 'available', 0, now(), 5, 'a', 't') RETURNING id",
                id);
        var job = awaitState(id, JobState.DISCARDED);
        assertThat(job.attempt()).isEqualTo(1);
        assertThat(job.errors()).contains("the payload can't be read", "/nome");
    }

    @Test
    void ofManyErrorsTheLastTwentyAreKept() {
        kind.define(name, (payload, run) -> {
            throw new IllegalStateException("no " + run.attempt());
        });
        var wanted = new NewJob<>(kind, new TestJobs.Named(name), 0, null, null, 22, RequestContext.system());
        var id = create(wanted).id();
        await().atMost(Duration.ofSeconds(40)).until(() -> {
            var state = find(id).state();
            if (state == JobState.RETRYABLE) {
                get(jobs.retry(pool, id));
                worker.wake();
            }
            return state == JobState.DISCARDED;
        });
        var errors = find(id).errors();
        assertThat(errors)
                .contains("no 22\"", "no 3\"")
                .doesNotContain("no 2\"")
                .doesNotContain("no 1\"");
    }
}

package org.pmsevents.queue.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.JobTable;
import org.pmsevents.queue.LeaseLostException;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;

/** What an attempt keeps for the next one, and that nothing of it is left once the job has ended. */
@QuarkusTest
class CheckpointTest {

    private final String name = "C" + UUID.randomUUID();
    private final List<String> found = new CopyOnWriteArrayList<>();
    private final List<JobRun> runs = new CopyOnWriteArrayList<>();

    @Inject
    TestJobs.Several kind;

    @Inject
    JobFlow flow;

    @Inject
    JobTable jobs;

    @Inject
    JobWorker worker;

    @Inject
    Transactions transactions;

    @Inject
    Pool pool;

    /** A job whose attempts note what they find, keep their own number, and then do this. */
    private UUID create(BiFunction<JobRun, Integer, Uni<?>> then) {
        kind.define(name, (payload, run) -> {
            found.add(String.valueOf(run.checkpoint()));
            runs.add(run);
            return run.storeCheckpoint("{\"attempt\":" + run.token() + "}").chain(() -> then.apply(run, runs.size()));
        });
        return ask();
    }

    private UUID ask() {
        var job = NewJob.of(kind, new TestJobs.Named(name), RequestContext.system())
                .unique(name);
        var made = get(transactions.run(transaction -> flow.createJob(transaction, job)));
        worker.wake();
        return made.id();
    }

    private static Uni<?> fail() {
        return Uni.createFrom().failure(new IllegalStateException("no"));
    }

    private Job find(UUID id) {
        return get(jobs.find(pool, id)).orElseThrow();
    }

    private @Nullable String keptBy(UUID id, JobState state) {
        await(id + " becomes " + state).until(() -> find(id).state() == state);
        return find(id).checkpoint();
    }

    private int set(UUID id, String what) {
        return get(pool.preparedQuery("UPDATE job SET " + what + " WHERE id = $1")
                        .execute(Tuple.of(id)))
                .rowCount();
    }

    @Test
    void theNextAttemptFindsWhatTheLastOneKeptAndTheEndFreesIt() {
        var id = create((run, number) -> number < 3 ? fail() : Uni.createFrom().item("done"));
        assertThat(keptBy(id, JobState.COMPLETED)).isNull();
        assertThat(found).containsExactly("null", "{\"attempt\":1}", "{\"attempt\":2}");
    }

    private enum End {
        DISCARDED_AFTER_FAILURE(JobState.DISCARDED),
        CANCELLED_WHILE_RUNNING(JobState.CANCELLED),
        CANCELLED_WHILE_WAITING(JobState.CANCELLED),
        DISCARDED_WITH_ITS_WORKER(JobState.DISCARDED);

        private final JobState state;

        End(JobState state) {
            this.state = state;
        }
    }

    @ParameterizedTest
    @EnumSource
    void anyOtherEndFreesItToo(End end) {
        var id = create((run, number) -> switch (end) {
            case DISCARDED_AFTER_FAILURE -> Uni.createFrom().failure(JobFailure.permanent("never", null));
            case CANCELLED_WHILE_WAITING ->
                Uni.createFrom().failure(JobFailure.notBefore("later", null, Duration.ofHours(1)));
            case CANCELLED_WHILE_RUNNING, DISCARDED_WITH_ITS_WORKER ->
                Uni.createFrom().nothing();
        });
        switch (end) {
            case CANCELLED_WHILE_RUNNING -> {
                assertThat(keptWhile(id, JobState.RUNNING)).isEqualTo("{\"attempt\":1}");
                get(flow.cancel(id.toString(), null));
            }
            case CANCELLED_WHILE_WAITING -> {
                assertThat(keptBy(id, JobState.RETRYABLE)).isEqualTo("{\"attempt\":1}");
                get(flow.cancel(id.toString(), null));
            }
            case DISCARDED_WITH_ITS_WORKER -> {
                assertThat(keptWhile(id, JobState.RUNNING)).isEqualTo("{\"attempt\":1}");
                set(id, "max_attempts = attempt, lease_until = now() - interval '1 hour'");
            }
            default -> {}
        }
        assertThat(keptBy(id, end.state)).isNull();
    }

    private @Nullable String keptWhile(UUID id, JobState state) {
        await().until(() -> find(id).state() == state && find(id).checkpoint() != null);
        return find(id).checkpoint();
    }

    @Test
    void aJobThatIsRunOnceMoreBeginsAnew() {
        var first = new CopyOnWriteArrayList<UniEmitter<? super Object>>();
        var id = create((run, number) -> number == 1
                ? Uni.createFrom().emitter(first::add)
                : Uni.createFrom().item("done"));
        await().until(() -> first.size() == 1);
        assertThat(ask()).isEqualTo(id);
        first.get(0).complete("done");
        keptBy(id, JobState.COMPLETED);
        assertThat(found).containsExactly("null", "null");
    }

    @Test
    void aJobThatIsAskedForWhileItWaitsBeginsAnewAsWell() {
        var id = create((run, number) -> number == 1
                ? Uni.createFrom().failure(JobFailure.notBefore("later", null, Duration.ofHours(1)))
                : Uni.createFrom().item("done"));
        assertThat(keptBy(id, JobState.RETRYABLE)).isEqualTo("{\"attempt\":1}");
        assertThat(ask()).isEqualTo(id);
        get(flow.retry(id.toString(), null));
        keptBy(id, JobState.COMPLETED);
        assertThat(found).containsExactly("null", "null");
    }

    @Test
    void whoWasTakenOverKeepsNothing() {
        var id = create((run, number) -> number == 1 ? Uni.createFrom().nothing() : fail());
        keptWhile(id, JobState.RUNNING);
        set(id, "lease_until = now() - interval '1 hour'");
        await().until(() -> runs.size() >= 2);
        assertThatThrownBy(() -> get(runs.get(0).storeCheckpoint("{\"late\":true}")))
                .isInstanceOf(LeaseLostException.class);
        get(jobs.cancel(pool, id));
    }

    @Test
    void aWorkerThatTakesItsOwnJobOverStopsWhatItDidForIt() {
        var stopped = new CopyOnWriteArrayList<Integer>();
        kind.define(
                name,
                (payload, run) -> Uni.createFrom().emitter(work -> {
                    runs.add(run);
                    work.onTermination(() -> stopped.add(run.attempt()));
                }));
        var id = ask();
        await().until(() -> runs.size() == 1);
        // as if PostgreSQL had been away for longer than the lease, and nobody else there to take it over; found by the
        // poll
        set(id, "lease_until = now() - interval '1 hour'");
        await().until(() -> runs.size() == 2);
        await().until(() -> stopped.equals(List.of(1)));
        get(flow.cancel(id.toString(), null));
        keptBy(id, JobState.CANCELLED);
    }
}

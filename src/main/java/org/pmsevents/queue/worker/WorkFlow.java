package org.pmsevents.queue.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobEvents;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobKinds;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.QueueConfig;

/** The queue flows of workers: from the claim of a job until its outcome is stored. */
@ApplicationScoped
class WorkFlow {
    private static final TraceLog LOG = TraceLog.of(WorkFlow.class);
    private static final int LONGEST_ERROR = 2_000;
    private static final Duration STORE = Duration.ofSeconds(5);
    private static final Duration BETWEEN_STORES = Duration.ofMillis(200);
    private static final Duration LONGEST_BETWEEN_STORES = Duration.ofSeconds(2);

    private final WorkTable table;
    private final Completions completions;
    private final JobKinds kinds;
    private final JobEvents events;
    private final QueueConfig config;
    private final Transactions transactions;
    private final Alerts alerts;
    private final MeterRegistry meters;

    WorkFlow(
            WorkTable table,
            Completions completions,
            JobKinds kinds,
            JobEvents events,
            QueueConfig config,
            Transactions transactions,
            Alerts alerts,
            MeterRegistry meters) {
        this.table = table;
        this.completions = completions;
        this.kinds = kinds;
        this.events = events;
        this.config = config;
        this.transactions = transactions;
        this.alerts = alerts;
        this.meters = meters;
    }

    /** Worker → processJob → emitEvent(queue.processing) → updateStatus; fails if the job fails. */
    Uni<@Nullable String> process(RunningJob run) {
        return emitProcessing(run).chain(this::processJob).map(kinds::write);
    }

    /** Worker → completeJob → emitEvent(queue.complete) → cleanupResources; its worker is free with its state. */
    Uni<Void> complete(RunningJob run, @Nullable String result) {
        return completeJob(run, result).invoke(done -> emitEnd(run, done)).replaceWithVoid();
    }

    /** The same for a failed job, which is retried later or discarded. */
    Uni<Void> fail(RunningJob run, Throwable failure) {
        return failJob(run, failure).invoke(done -> emitEnd(run, done)).replaceWithVoid();
    }

    /** The same for a cancelled job. */
    Uni<Void> stop(RunningJob run) {
        return updateStatus(() ->
                        transactions.statement(client -> table.stop(client, run.jobId(), run.token(), run.progress())))
                .invoke(done -> emitEnd(run, done))
                .replaceWithVoid();
    }

    /** Takes jobs from workers whose leases have expired; some are discarded by that. */
    Uni<List<Job>> expire() {
        return transactions.run(transaction -> table.expire(transaction)
                .call(jobs -> alertAdmin(transaction, jobs, "the lease of its worker has expired")));
    }

    /** Raises one alert per kind with discarded jobs. In the same order everywhere, because each alert key is one row. */
    private Uni<Void> alertAdmin(SqlClient transaction, List<Job> ended, String error) {
        return Multi.createFrom()
                .items(ended.stream()
                        .filter(job -> job.state() == JobState.DISCARDED)
                        .sorted(Comparator.comparing(Job::kind)))
                .onItem()
                .transformToUniAndConcatenate(job -> alerts.record(
                        transaction,
                        Alert.critical(
                                "job-discarded:" + job.kind(),
                                "A job was discarded",
                                job.kind() + " " + job.id() + ", attempt " + job.attempt() + ": " + error,
                                job.kind(),
                                job.context())))
                .collect()
                .last()
                .replaceWithVoid();
    }

    void announceProgress(RunningJob run) {
        var progress = run.unannouncedProgress();
        if (progress != null) {
            events.processing(run.job(), progress);
        }
    }

    private Uni<RunningJob> emitProcessing(RunningJob run) {
        return Uni.createFrom().item(run).invoke(begun -> events.processing(begun.job(), begun.progress()));
    }

    private Uni<?> processJob(RunningJob run) {
        var kind = kinds.named(run.job().kind())
                .orElseThrow(() -> new IllegalStateException("only known kinds are claimed"));
        long begun = System.nanoTime();
        return processJob(kind, run)
                .onItemOrFailure()
                .invoke((result, failure) -> meters.timer(
                                "pms.jobs.work", "kind", kind.name(), "outcome", failure == null ? "done" : "failed")
                        .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS));
    }

    private static <P> Uni<?> processJob(JobKind<P> kind, RunningJob run) {
        return Uni.createFrom()
                .<Object>deferred(() ->
                        kind.run(JobKinds.read(kind, run.job().payload()), run).map(result -> (Object) result))
                .ifNoItem()
                .after(kind.timeout())
                .fail();
    }

    private Uni<Optional<Job>> completeJob(RunningJob run, @Nullable String result) {
        return updateStatus(
                () -> completions.store(new WorkTable.Completion(run.jobId(), run.token(), result, run.progress())));
    }

    private Uni<Optional<Job>> failJob(RunningJob run, Throwable failure) {
        var kind = kinds.named(run.job().kind()).orElseThrow();
        var how = JobFailure.kindOf(failure);
        var pause = pause(kind, run.attempt(), failure);
        var error = error(kind, failure);
        LOG.log(
                how == JobFailure.Kind.POSTPONED ? Logger.Level.DEBUG : Logger.Level.WARN,
                run.context(),
                "job %s of kind %s failed, attempt %d of %d: %s, traceId=%s",
                run.jobId(),
                kind.name(),
                run.attempt(),
                run.job().maxAttempts(),
                error,
                run.context().traceId());
        return updateStatus(() -> transactions.run(transaction -> table.fail(
                        transaction, run.jobId(), run.token(), error, how, pause, run.progress())
                .call(job -> alertAdmin(transaction, job.stream().toList(), error))));
    }

    /**
     * Retries while PostgreSQL is unavailable, for as long as no other worker can have claimed the job; after that the job is run
     * again.
     */
    private Uni<Optional<Job>> updateStatus(Supplier<Uni<Optional<Job>>> update) {
        return Uni.createFrom()
                .deferred(update::get)
                .ifNoItem()
                .after(STORE)
                .fail()
                .onFailure()
                .retry()
                .withBackOff(BETWEEN_STORES, LONGEST_BETWEEN_STORES)
                .expireIn(config.lease().toMillis());
    }

    private void emitEnd(RunningJob run, Optional<Job> stored) {
        if (stored.isEmpty()) {
            LOG.infof(run.context(), "this worker no longer has job %s, its outcome here is dropped", run.jobId());
            return;
        }
        var job = stored.get();
        if (job.state().isFinished()) {
            events.complete(job);
        } else if (job.state() == JobState.AVAILABLE) {
            events.created(job);
        } else {
            events.processing(job, job.progress());
        }
    }

    /** Exponential, with jitter over the upper half; never earlier than the refusing system has asked for. */
    private static Duration pause(JobKind<?> kind, int attempt, Throwable failure) {
        long first = kind.firstPause().toMillis();
        long longest = kind.longestPause().toMillis();
        long full = Math.min(longest, first << Math.min(30, Math.max(0, attempt - 1)));
        long jittered = full - ThreadLocalRandom.current().nextLong(full / 2 + 1);
        var asked = failure instanceof JobFailure known ? known.pause() : null;
        if (asked != null && JobFailure.kindOf(failure) == JobFailure.Kind.POSTPONED) {
            return asked;
        }
        return Duration.ofMillis(asked == null ? jittered : Math.max(jittered, asked.toMillis()));
    }

    private static String error(JobKind<?> kind, Throwable failure) {
        var text = failure instanceof TimeoutException
                ? "took longer than " + kind.timeout().toMillis() + " ms"
                : failure instanceof JobFailure ? String.valueOf(failure.getMessage()) : failure.toString();
        return text.replace('\0', ' ').substring(0, Math.min(LONGEST_ERROR, text.length()));
    }
}

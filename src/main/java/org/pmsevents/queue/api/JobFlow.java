package org.pmsevents.queue.api;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobEvents;
import org.pmsevents.queue.JobJson;
import org.pmsevents.queue.JobKinds;
import org.pmsevents.queue.JobTable;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.worker.JobWorker;

/** The queue flows of callers. A job is written in the transaction of the change that requests it. */
@ApplicationScoped
public class JobFlow {
    private static final int RETRIED_AT_ONCE = 500;
    private static final UUID BEFORE_ALL = new UUID(0, 0);

    private final JobTable jobs;
    private final JobKinds kinds;
    private final JobEvents events;
    private final JobWorker worker;
    private final Transactions transactions;
    private final Idempotency idempotency;
    private final Tracing tracing;
    private final Clock clock;

    JobFlow(
            JobTable jobs,
            JobKinds kinds,
            JobEvents events,
            JobWorker worker,
            Transactions transactions,
            Idempotency idempotency,
            Tracing tracing,
            Clock clock) {
        this.jobs = jobs;
        this.kinds = kinds;
        this.events = events;
        this.worker = worker;
        this.transactions = transactions;
        this.idempotency = idempotency;
        this.tracing = tracing;
        this.clock = clock;
    }

    /**
     * Writes a job in the transaction of its change, to be announced after the commit. Returns the unfinished job under the same
     * key instead, if there is one.
     */
    public Uni<Job> createJob(SqlClient transaction, NewJob<?> job) {
        return createJob(transaction, UuidV7.next(clock), job);
    }

    /**
     * The same for many jobs that differ in payload and key only, each under another key.
     *
     * @param wanted may be empty
     */
    public <P> Uni<List<Job>> createJobs(SqlClient transaction, List<NewJob<P>> wanted) {
        return insertJobs(
                transaction,
                wanted.stream()
                        .map(job -> new JobTable.Wanted(UuidV7.next(clock), job, write(job)))
                        .toList());
    }

    /** After the commit: announces the job and wakes the workers; returns at once. Without this call a poll finds the job. */
    public void announce(Job job) {
        if (!job.state().isFinished()) {
            emitEvent(job);
            addToQueue();
        }
    }

    /** Retries the jobs of a kind that wait after a failure, soon, because the cause of their failure is over; returns how many. */
    public Uni<Integer> retrySoon(String kind) {
        return transactions
                .run(transaction -> jobs.retrySoon(transaction, kind))
                .invoke(worker::wake);
    }

    /**
     * Request → createJob → emitEvent(queue.new) → addToQueue.
     *
     * @throws AppException 400 with all violations; 403 {@code job-kind-not-callable}
     */
    Uni<JobAnswer> create(byte @Nullable [] body, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency.once(
                key,
                JobAnswer::read,
                answers -> validateJob(body, context)
                        .chain(job -> createJob(job, answers))
                        .invoke(created -> emitEvent(created.job()))
                        .invoke(this::addToQueue)
                        .map(Created::answer));
    }

    /**
     * Cancels a job. A running job is asked to stop, on whichever replica it runs.
     *
     * @throws AppException 404 {@code job-not-found}; 409 {@code job-finished}
     */
    public Uni<JobAnswer> cancel(String id, @Nullable IdempotencyKey key) {
        return once(
                key,
                transaction -> findJob(transaction, id)
                        .chain(found -> jobs.cancel(transaction, found.id()))
                        .map(cancelled -> cancelled.orElseThrow(() -> finished(id))),
                this::emitCancel);
    }

    /**
     * Retries a job now, whether it waits for a retry or has failed for good.
     *
     * @throws AppException 404 {@code job-not-found}; 409 {@code job-not-retryable} or {@code unique-key-taken}
     */
    public Uni<JobAnswer> retry(String id, @Nullable IdempotencyKey key) {
        return once(
                key,
                transaction -> findJob(transaction, id)
                        .chain(found -> jobs.retry(transaction, found.id()))
                        .onFailure(ConflictException.class)
                        .transform(taken ->
                                AppException.conflict("unique-key-taken", "An unfinished job has the same unique key."))
                        .map(retried -> retried.orElseThrow(() -> notRetryable(id))),
                this::announce);
    }

    /**
     * Retries the discarded jobs of a kind, except those whose unique key another job has.
     *
     * @throws AppException 400 {@code validation-failed} for an unknown kind
     */
    Uni<JobJson.Retried> retryDiscarded(@Nullable String kind, @Nullable IdempotencyKey key) {
        if (kind == null || kinds.named(kind).isEmpty()) {
            throw AppException.validationFailed("?kind", "unknown", "kind must name a kind of job.");
        }
        return idempotency.once(
                key,
                JobJson::retriedOf,
                answers -> retryAfter(kind, BEFORE_ALL, 0)
                        .call(retried ->
                                transactions.run(transaction -> answers.store(transaction, JobJson.textOf(retried))))
                        .invoke(worker::wake));
    }

    private Uni<JobJson.Retried> retryAfter(String kind, UUID after, int soFar) {
        return Attempt.repeatOnConflict(() ->
                        transactions.run(transaction -> jobs.retryDiscarded(transaction, kind, after, RETRIED_AT_ONCE)))
                .chain(ids -> ids.size() < RETRIED_AT_ONCE
                        ? Uni.createFrom().item(new JobJson.Retried(soFar + ids.size()))
                        : retryAfter(kind, last(ids), soFar + ids.size()));
    }

    private static UUID last(List<UUID> ids) {
        return ids.stream().max((a, b) -> a.toString().compareTo(b.toString())).orElseThrow();
    }

    /** A job that was created, or found under its unique key. */
    private record Created(Job job, JobAnswer answer) {}

    private Uni<NewJob<?>> validateJob(byte @Nullable [] body, RequestContext context) {
        return StrictJson.read(body, parsed -> JobRules.job(parsed, kinds, context));
    }

    private Uni<Created> createJob(NewJob<?> wanted, AnswerWriter answers) {
        var id = UuidV7.next(clock);
        return transactions.run(
                wanted.context(),
                transaction -> createJob(transaction, id, wanted)
                        .map(job ->
                                new Created(job, answer(job, job.id().equals(id) ? JobAnswer.CREATED : JobAnswer.OK)))
                        .call(created ->
                                answers.store(transaction, created.answer().stored())));
    }

    private Uni<Job> createJob(SqlClient transaction, UUID id, NewJob<?> job) {
        return insertJobs(transaction, List.of(new JobTable.Wanted(id, job, write(job))))
                .map(created -> created.get(0));
    }

    private Uni<List<Job>> insertJobs(SqlClient transaction, List<JobTable.Wanted> wanted) {
        if (wanted.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        var like = wanted.get(0).job();
        var attempts = like.maxAttempts();
        return jobs.insert(transaction, wanted, attempts == null ? like.kind().maxAttempts() : attempts)
                .invoke(created -> record(created, wanted, like.context()));
    }

    private String write(NewJob<?> job) {
        return Objects.requireNonNull(kinds.write(job.payload()));
    }

    /** A job that existed before was created by another request, and stays in the trace of that. */
    private void record(List<Job> created, List<JobTable.Wanted> wanted, RequestContext context) {
        if (tracing.isOn()) {
            var ids = wanted.stream().map(JobTable.Wanted::id).collect(Collectors.toSet());
            created.stream().filter(job -> ids.contains(job.id())).forEach(job -> record(job, context));
        }
    }

    private void record(Job job, RequestContext context) {
        tracing.start(
                        Kind.PRODUCER,
                        "create " + job.kind(),
                        context,
                        job.context().span())
                .with("pms.job.id", job.id().toString())
                .end();
    }

    private void emitEvent(Job job) {
        events.created(job);
    }

    private void addToQueue() {
        worker.wake();
    }

    private void emitCancel(Job job) {
        if (job.cancelRequested()) {
            worker.stop(job.id());
            events.processing(job, job.progress());
        } else {
            events.complete(job);
        }
    }

    private Uni<JobAnswer> once(
            @Nullable IdempotencyKey key, Function<SqlClient, Uni<Job>> change, Consumer<Job> tell) {
        return idempotency.once(
                key,
                JobAnswer::read,
                answers -> transactions
                        .run(transaction -> change.apply(transaction)
                                .map(job -> new Created(job, answer(job, JobAnswer.OK)))
                                .call(done ->
                                        answers.store(transaction, done.answer().stored())))
                        .invoke(done -> tell.accept(done.job()))
                        .map(Created::answer));
    }

    private Uni<Job> findJob(SqlClient client, String id) {
        return Uni.createFrom()
                .item(() -> id(id))
                .chain(parsed -> jobs.find(client, parsed))
                .map(found -> found.orElseThrow(() -> notFound(id)));
    }

    private JobAnswer answer(Job job, int status) {
        return new JobAnswer(status, Objects.requireNonNull(kinds.write(JobJson.view(job))));
    }

    static UUID id(String id) {
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw notFound(id);
        }
    }

    static AppException notFound(String id) {
        return AppException.notFound("job-not-found", "There is no job " + id + ".");
    }

    private static AppException finished(String id) {
        return AppException.conflict("job-finished", "The job " + id + " has ended already.");
    }

    private static AppException notRetryable(String id) {
        return AppException.conflict("job-not-retryable", "The job " + id + " is available, running or completed.");
    }
}

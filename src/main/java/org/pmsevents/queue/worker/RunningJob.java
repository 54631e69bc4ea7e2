package org.pmsevents.queue.worker;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobJson;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.LeaseLostException;

/** An attempt that is under way on this replica, until it has ended in one way, once. */
final class RunningJob implements JobRun {
    private final Job job;
    private final WorkTable table;
    private final SqlClient client;
    private final Span span;
    private final RequestContext context;
    private final AtomicReference<State> state = new AtomicReference<>(State.WORKING);
    private final AtomicReference<@Nullable Cancellable> work = new AtomicReference<>();
    private volatile @Nullable Progress progress;
    private volatile @Nullable Progress told;
    private volatile @Nullable Progress stored;

    private enum State {
        WORKING,
        ENDED
    }

    private record Progress(long done, long total, @Nullable String note) {
        /** As the API tells it. */
        String json() {
            var escaped = note == null ? "null" : JobJson.quoted(note);
            return "{\"done\":" + done + ",\"total\":" + total + ",\"note\":" + escaped + "}";
        }
    }

    /** @param span ended with the attempt */
    RunningJob(Job job, WorkTable table, SqlClient client, Span span) {
        this.job = job;
        this.table = table;
        this.client = client;
        this.span = span;
        this.context = job.context().under(span);
    }

    Job job() {
        return job;
    }

    /** What is under way; cancelled at once if the attempt has ended already. */
    void working(Cancellable subscription) {
        work.set(subscription);
        if (state.get() == State.ENDED) {
            subscription.cancel();
        }
    }

    /** Whether it is the caller who ends the attempt; nobody else does after that. */
    boolean end() {
        boolean mine = state.compareAndSet(State.WORKING, State.ENDED);
        if (mine) {
            span.end();
        }
        return mine;
    }

    /** Has the trace know that the attempt has failed. */
    void failed(Throwable failure) {
        span.failed(failure.getClass().getName());
    }

    /** Stops what is under way, after {@link #end}. */
    void cancelWork() {
        var subscription = work.get();
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public UUID jobId() {
        return job.id();
    }

    @Override
    public int attempt() {
        return job.attempt();
    }

    @Override
    public long token() {
        return job.token();
    }

    @Override
    public RequestContext context() {
        return context;
    }

    @Override
    public void progress(long done, long total, @Nullable String note) {
        progress = new Progress(done, total, note);
    }

    @Override
    public @Nullable String kept() {
        return job.checkpoint();
    }

    @Override
    public Uni<Void> keep(String json) {
        return mine(table.keep(client, job.id(), job.token(), json));
    }

    @Override
    public Uni<Void> fence(SqlClient transaction) {
        return mine(table.fence(transaction, job.id(), job.token()));
    }

    private static Uni<Void> mine(Uni<Boolean> answer) {
        return answer.invoke(mine -> {
                    if (!mine) {
                        throw new LeaseLostException();
                    }
                })
                .replaceWithVoid();
    }

    /** The latest progress as JSON, null if there is none. */
    @Nullable
    String progress() {
        var latest = progress;
        return latest == null ? null : latest.json();
    }

    /** The same if it was not told yet. */
    @Nullable
    String untoldProgress() {
        var latest = progress;
        if (latest == null || latest.equals(told)) {
            return null;
        }
        told = latest;
        return latest.json();
    }

    boolean hasUnstoredProgress() {
        return progress != null && !progress.equals(stored);
    }

    WorkTable.Claim claim() {
        stored = progress;
        return new WorkTable.Claim(job.id(), job.token(), progress());
    }
}

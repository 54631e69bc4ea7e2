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

/** An attempt that runs on this replica. It ends once, in one way. */
final class RunningJob implements JobRun {
    private final Job job;
    private final WorkTable table;
    private final SqlClient client;
    private final Span span;
    private final RequestContext context;
    private final AtomicReference<State> state = new AtomicReference<>(State.WORKING);
    private final AtomicReference<@Nullable Cancellable> work = new AtomicReference<>();
    private volatile @Nullable Progress progress;
    private volatile @Nullable Progress announced;
    private volatile @Nullable Progress stored;

    private enum State {
        WORKING,
        ENDED
    }

    private record Progress(long done, long total, @Nullable String note) {
        /** As the API returns it. */
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

    /** Sets the work that runs; cancels it at once if the attempt has ended already. */
    void working(Cancellable subscription) {
        work.set(subscription);
        if (state.get() == State.ENDED) {
            subscription.cancel();
        }
    }

    /** Ends the attempt. True for the one caller who has ended it. */
    boolean end() {
        boolean mine = state.compareAndSet(State.WORKING, State.ENDED);
        if (mine) {
            span.end();
        }
        return mine;
    }

    /** Marks the span as failed. */
    void failed(Throwable failure) {
        span.failed(failure.getClass().getName());
    }

    /** Cancels the work, after {@link #end}. */
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
    public @Nullable String checkpoint() {
        return job.checkpoint();
    }

    @Override
    public Uni<Void> storeCheckpoint(String json) {
        return mine(table.storeCheckpoint(client, job.id(), job.token(), json));
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

    /** The latest progress as JSON; null if there is none. */
    @Nullable
    String progress() {
        var latest = progress;
        return latest == null ? null : latest.json();
    }

    /** The latest progress if it was not announced yet. */
    @Nullable
    String unannouncedProgress() {
        var latest = progress;
        if (latest == null || latest.equals(announced)) {
            return null;
        }
        announced = latest;
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

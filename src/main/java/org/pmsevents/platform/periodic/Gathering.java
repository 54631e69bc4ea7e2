package org.pmsevents.platform.periodic;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;

/**
 * Does together what comes in while earlier work is under way, so that batches grow under load and nothing waits without one. Work that
 * takes longer than 2 s does not hold up the next batch.
 *
 * @param <T> what is gathered; whoever asked for it is told by the work
 */
public final class Gathering<T> {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final int together;
    private final int bound;
    private final Function<List<T>, Uni<Void>> work;
    private final Vertx vertx;
    private final Queue<T> waiting = new ArrayDeque<>();
    private boolean running;

    /**
     * @param together how many are done together at most
     * @param bound how many may wait
     * @param work must answer each of its batch, also if it fails
     */
    public Gathering(int together, int bound, Function<List<T>, Uni<Void>> work, Vertx vertx) {
        this.together = together;
        this.bound = bound;
        this.work = work;
        this.vertx = vertx;
    }

    /** Adds to the next batch; returns false, and does nothing, if too many wait. */
    public boolean add(T added) {
        synchronized (this) {
            if (waiting.size() >= bound) {
                return false;
            }
            waiting.add(added);
            if (running) {
                return true;
            }
            running = true;
        }
        // in the next turn of the event loop, so that all that come in this one go together
        vertx.runOnContext(go -> next());
        return true;
    }

    private void next() {
        var batch = take();
        if (batch.isEmpty()) {
            return;
        }
        var done = work.apply(batch).subscribeAsCompletionStage();
        Uni.createFrom()
                .completionStage(done.copy())
                .ifNoItem()
                .after(PATIENCE)
                .recoverWithItem((Void) null)
                .subscribe()
                .with(ended -> vertx.runOnContext(go -> next()), failure -> vertx.runOnContext(go -> next()));
    }

    private synchronized List<T> take() {
        var batch = new ArrayList<T>();
        while (!waiting.isEmpty() && batch.size() < together) {
            batch.add(waiting.remove());
        }
        running = !batch.isEmpty();
        return batch;
    }
}

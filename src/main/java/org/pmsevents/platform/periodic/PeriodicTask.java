package org.pmsevents.platform.periodic;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Work that is repeated: never two runs at once, each one a pause after the last has ended. The pause varies by a fifth, so that
 * replicas do not all do the same work at the same time. A failure is logged, and the work is repeated all the same.
 */
public final class PeriodicTask {
    private static final Logger LOG = Logger.getLogger(PeriodicTask.class);
    private static final int JITTER_DIVISOR = 5;
    private static final long NO_TIMER = -1;

    private final Periodic periodic;
    private final String name;
    private final Duration pause;
    private final Supplier<Uni<?>> work;
    private @Nullable Duration timeout;
    private Consumer<Throwable> failed;
    private @Nullable CompletableFuture<Void> underWay;
    private long timer = NO_TIMER;
    private boolean stopped;

    PeriodicTask(Periodic periodic, String name, Duration pause, Supplier<Uni<?>> work) {
        this.periodic = periodic;
        this.name = name;
        this.pause = pause;
        this.work = work;
        this.failed = failure -> LOG.warnf("%s failed and is repeated: %s", name, failure.toString());
    }

    /** A run that takes longer is cancelled and has failed. To be set before the start; otherwise a run may take as long as it likes. */
    public PeriodicTask timeout(Duration longest) {
        timeout = longest;
        return this;
    }

    /** What is done about a run that failed, instead of a warning in the log. To be set before the start. */
    public PeriodicTask onFailure(Consumer<Throwable> instead) {
        failed = instead;
        return this;
    }

    /** The first run comes after a pause. */
    public PeriodicTask start() {
        if (add()) {
            schedule();
        }
        return this;
    }

    /** The first run comes at once. */
    public PeriodicTask startNow() {
        if (add()) {
            runDue();
        }
        return this;
    }

    /** No run begins after this. A run that is under way ends by itself: it may be committing. */
    public void stop() {
        synchronized (this) {
            stopped = true;
            cancelTimer();
        }
        periodic.remove(this);
    }

    String name() {
        return name;
    }

    /** Completes with the end of a run that begins after this call. */
    CompletableFuture<Void> tick() {
        CompletableFuture<Void> before;
        synchronized (this) {
            if (stopped) {
                return CompletableFuture.failedFuture(stoppedFailure());
            }
            if (underWay == null) {
                var run = new CompletableFuture<Void>();
                begin(run);
                return run;
            }
            before = underWay;
        }
        return before.handle((done, failure) -> done).thenCompose(ended -> tick());
    }

    private IllegalStateException stoppedFailure() {
        return new IllegalStateException(name + " is stopped");
    }

    private boolean add() {
        boolean mayRun = periodic.add(this);
        if (!mayRun) {
            stop();
        }
        return mayRun;
    }

    private synchronized void schedule() {
        if (!stopped) {
            long millis = pause.toMillis();
            long jitter = ThreadLocalRandom.current().nextLong(-millis / JITTER_DIVISOR, millis / JITTER_DIVISOR + 1);
            timer = periodic.context().owner().setTimer(Math.max(1, millis + jitter), fired -> runDue());
        }
    }

    private synchronized void runDue() {
        if (!stopped && underWay == null) {
            begin(new CompletableFuture<>());
        }
    }

    private void begin(CompletableFuture<Void> run) {
        cancelTimer();
        underWay = run;
        periodic.context().runOnContext(go -> run(run));
    }

    private void cancelTimer() {
        if (timer != NO_TIMER) {
            periodic.context().owner().cancelTimer(timer);
            timer = NO_TIMER;
        }
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private void run(CompletableFuture<Void> run) {
        if (isStopped()) {
            end(run, stoppedFailure());
            return;
        }
        Uni<?> once = Uni.createFrom().deferred(work::get);
        var longest = timeout;
        if (longest != null) {
            once = once.ifNoItem().after(longest).fail();
        }
        once.subscribe().with(done -> end(run, null), failure -> {
            try {
                failed.accept(failure);
            } catch (RuntimeException e) {
                LOG.errorf(e, "%s: its failure could not be handled", name);
            } finally {
                end(run, failure);
            }
        });
    }

    private void end(CompletableFuture<Void> run, @Nullable Throwable failure) {
        synchronized (this) {
            underWay = null;
            schedule();
        }
        if (failure == null) {
            run.complete(null);
        } else {
            run.completeExceptionally(failure);
        }
    }
}

package org.pmsevents.platform.periodic;

import io.smallrye.mutiny.Uni;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs work on demand: one run at a time and at most one waiting. Every demand is followed by a run. */
public final class Coalescer {
    private enum State {
        IDLE,
        DUE,
        UNDER_WAY,
        WANTED_AGAIN
    }

    private final Supplier<Uni<Boolean>> work;
    private final Consumer<Throwable> failed;
    private final Executor starter;
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);

    /**
     * @param work one run; returns whether there is more to do at once
     * @param failed called after a failed run; the next run waits for a demand
     * @param starter begins the first run after a pause; while it delays, further demands join that run
     */
    public Coalescer(Supplier<Uni<Boolean>> work, Consumer<Throwable> failed, Executor starter) {
        this.work = work;
        this.failed = failed;
        this.starter = starter;
    }

    /** Requests a run that begins after this call; returns at once, and never fails. */
    public void demand() {
        var before = state.getAndUpdate(now -> now == State.IDLE || now == State.DUE ? State.DUE : State.WANTED_AGAIN);
        if (before == State.IDLE) {
            start();
        }
    }

    /** What demands a run has committed something, and is not at fault if event loops have ended, as at the end of a shutdown. */
    private void start() {
        try {
            starter.execute(this::run);
        } catch (RuntimeException e) {
            state.compareAndSet(State.DUE, State.IDLE);
            failed.accept(e);
        }
    }

    private void run() {
        state.set(State.UNDER_WAY);
        Uni.createFrom().deferred(work::get).subscribe().with(this::done, failure -> {
            try {
                failed.accept(failure);
            } finally {
                done(false);
            }
        });
    }

    private void done(boolean more) {
        var before = state.getAndUpdate(now -> more || now == State.WANTED_AGAIN ? State.DUE : State.IDLE);
        if (more || before == State.WANTED_AGAIN) {
            run();
        }
    }
}

package org.pmsevents.platform.periodic;

import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Repeats work for as long as the replica runs: see {@link PeriodicTask}. All tasks share one event loop, so work must not block. At
 * shutdown, before the connections are closed, every task is stopped.
 */
@ApplicationScoped
public class Periodic {
    private static final int BEFORE_THE_OTHERS = 1;

    private final Context context;
    private final Map<String, PeriodicTask> started = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    public Periodic(Vertx vertx) {
        this.context = vertx.getOrCreateContext();
    }

    /**
     * A task that is not started yet.
     *
     * @param name unique in the replica, such as {@code feed.poll}; for the log and for {@link #tick}
     * @param pause between the end of a run and the next one, give or take a fifth
     * @param work one run
     */
    public PeriodicTask task(String name, Duration pause, Supplier<Uni<?>> work) {
        return new PeriodicTask(this, name, pause, work);
    }

    /** The same for work that is done when it returns. */
    public PeriodicTask action(String name, Duration pause, Runnable work) {
        return task(name, pause, () -> {
            work.run();
            return Uni.createFrom().voidItem();
        });
    }

    /**
     * Runs a started task now instead of later, after the run that may be under way. Completes when that run has ended, and fails if it
     * failed: tests need not wait for a timer.
     */
    public Uni<Void> tick(String name) {
        return Uni.createFrom().completionStage(() -> {
            var task = started.get(name);
            if (task == null) {
                throw new IllegalArgumentException("no task that is called " + name + " has been started");
            }
            return task.tick();
        });
    }

    void stop(@Observes @Priority(BEFORE_THE_OTHERS) ShutdownEvent stopping) {
        stop();
    }

    /** Stops every task; a task that is started later never runs. */
    void stop() {
        stopped = true;
        List.copyOf(started.values()).forEach(PeriodicTask::stop);
    }

    Context context() {
        return context;
    }

    /** Whether the task may run. */
    boolean add(PeriodicTask task) {
        if (started.putIfAbsent(task.name(), task) != null) {
            throw new IllegalStateException("there are two tasks that are called " + task.name());
        }
        // after it was added: stop() looks in the other order, so that one of the two sees the other
        return !stopped;
    }

    void remove(PeriodicTask task) {
        started.remove(task.name(), task);
    }
}

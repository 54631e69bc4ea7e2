package org.pmsevents.platform.shutdown;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Knows from the first moment that this replica is shutting down. At the end, while PostgreSQL and Redis are still connected, runs
 * the steps that must not be lost.
 */
@ApplicationScoped
public class Draining {
    private static final Logger LOG = Logger.getLogger(Draining.class);
    private static final int BEFORE_THE_OTHERS = 1;
    private static final Duration LAST_MOMENT = Duration.ofSeconds(3);

    private final Map<String, Supplier<Uni<Void>>> lastSteps = new ConcurrentHashMap<>();
    private volatile boolean begun;

    public void begin(@Observes @Priority(BEFORE_THE_OTHERS) ShutdownDelayInitiatedEvent going) {
        begun = true;
        LOG.info("draining: not ready any more, clients are moved to the other replicas");
    }

    /** Whether the replica is shutting down, so that new clients should use another one. */
    public boolean begun() {
        return begun;
    }

    /**
     * Registers a step that runs once, after the last request and before the connections are closed, at the same time as the other
     * registered steps. All of them together have 3 s.
     *
     * @param what description of the step for the log, in case it fails
     */
    public void onShutdown(String what, Supplier<Uni<Void>> step) {
        lastSteps.put(what, step);
    }

    /** Returns a random delay of 1 ms up to the window, so that many of them are spread evenly over it. */
    public static long randomDelay(Duration window) {
        return ThreadLocalRandom.current().nextLong(Math.max(1, window.toMillis())) + 1;
    }

    /** Runs and waits on the thread that shuts down. */
    public void end(@Observes @Priority(BEFORE_THE_OTHERS) ShutdownEvent stopping) {
        begun = true;
        var steps = new ArrayList<Uni<Void>>();
        lastSteps.forEach((what, step) -> steps.add(bounded(what, step)));
        if (steps.isEmpty()) {
            return;
        }
        try {
            Uni.join()
                    .all(steps)
                    .andCollectFailures()
                    .subscribeAsCompletionStage()
                    .get(2 * LAST_MOMENT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warnf("the last steps did not finish: %s", e.toString());
        }
    }

    private static Uni<Void> bounded(String what, Supplier<Uni<Void>> step) {
        return Uni.createFrom()
                .deferred(step::get)
                .ifNoItem()
                .after(LAST_MOMENT)
                .fail()
                .onFailure()
                .invoke(failure -> LOG.warnf("%s: failed during the shutdown: %s", what, failure.toString()))
                .onFailure()
                .recoverWithNull();
    }
}

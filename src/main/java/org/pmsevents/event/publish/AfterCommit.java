package org.pmsevents.event.publish;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.pmsevents.event.EventProgress;
import org.pmsevents.platform.periodic.Throttle;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.platform.tracing.Traced;

/**
 * Runs the steps of a flow that come after the commit: each may fail or be late, is then logged and counted, and never costs the
 * caller the answer to a change that has been made.
 */
@ApplicationScoped
public class AfterCommit {
    private static final TraceLog LOG = TraceLog.of(AfterCommit.class);
    private static final Duration AT_LEAST = Duration.ofMillis(1);

    private final Clock clock;
    private final MeterRegistry meters;
    private final Throttle warnings;
    private final Map<String, Timer> steps = new ConcurrentHashMap<>();

    AfterCommit(Clock clock, MeterRegistry meters) {
        this.clock = clock;
        this.meters = meters;
        this.warnings = new Throttle(clock, Duration.ofSeconds(10));
    }

    /** When the answer to a change that is committed now has to leave. */
    public Instant answerBy() {
        return clock.instant().plus(EventProgress.ANSWER_BUDGET);
    }

    /**
     * Completes when the step does, or at the given time, and never with a failure.
     *
     * @param about what the step is for
     */
    public Uni<Void> attempt(String step, Traced about, Instant until, Supplier<Uni<?>> work) {
        var left = Duration.between(clock.instant(), until);
        long begun = System.nanoTime();
        return Uni.createFrom()
                .deferred(work::get)
                .replaceWithVoid()
                .ifNoItem()
                .after(left.compareTo(AT_LEAST) < 0 ? AT_LEAST : left)
                .fail()
                .onFailure()
                .invoke(failure -> missed(step, about, failure))
                .onFailure()
                .recoverWithNull()
                .onTermination()
                .invoke(() -> timer(step).record(System.nanoTime() - begun, TimeUnit.NANOSECONDS));
    }

    private Timer timer(String step) {
        return steps.computeIfAbsent(step, name -> {
            missed(name, "late");
            missed(name, "failed");
            return meters.timer("pms.after.commit", "step", name);
        });
    }

    private Counter missed(String step, String why) {
        return meters.counter("pms.after.commit.missed", "step", step, "why", why);
    }

    private void missed(String step, Traced about, Throwable failure) {
        boolean late = failure instanceof TimeoutException;
        missed(step, late ? "late" : "failed").increment();
        if (!late && warnings.admits(step)) {
            LOG.warnf(about, "%s failed, the answer leaves without it: %s", step, failure.toString());
        } else {
            LOG.debugf(about, "%s was not done when the answer left: %s", step, failure.toString());
        }
    }
}

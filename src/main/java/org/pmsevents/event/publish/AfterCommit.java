package org.pmsevents.event.publish;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.pmsevents.event.EventProgress;
import org.pmsevents.platform.periodic.Throttle;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.platform.tracing.Traced;

/**
 * Runs the steps of a flow after the commit. A step that fails or is late is logged and counted, and does not fail the response to the
 * committed change.
 */
@ApplicationScoped
public class AfterCommit {
    private static final TraceLog LOG = TraceLog.of(AfterCommit.class);
    private static final Duration MIN_TIMEOUT = Duration.ofMillis(1);

    private final MeterRegistry meters;
    private final Throttle warnings;
    private final Map<String, Timer> steps = new ConcurrentHashMap<>();

    AfterCommit(MeterRegistry meters) {
        this.meters = meters;
        this.warnings = new Throttle(Duration.ofSeconds(10));
    }

    /** The deadline of the response to a change that is committed now. */
    public Deadline answerBy() {
        return Deadline.in(EventProgress.ANSWER_BUDGET);
    }

    /**
     * Completes when the step ends, or at the given time. Never fails.
     *
     * @param about context of the step, for logs
     */
    public Uni<Void> attempt(String step, Traced about, Deadline until, Supplier<Uni<?>> work) {
        var left = until.left();
        long begun = System.nanoTime();
        return Uni.createFrom()
                .deferred(work::get)
                .replaceWithVoid()
                .ifNoItem()
                .after(left.compareTo(MIN_TIMEOUT) < 0 ? MIN_TIMEOUT : left)
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
            LOG.warnf(about, "%s failed, responding without it: %s", step, failure.toString());
        } else {
            LOG.debugf(about, "%s was not done by the time of the response: %s", step, failure.toString());
        }
    }
}

package org.pmsevents.metrics.error;

import java.time.Instant;
import java.util.ArrayDeque;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.MetricsConfig;

/**
 * The share of failed requests over a sliding window, and whether it is high. It becomes high at a threshold, if there are enough
 * requests, and normal again below a lower threshold, so that it does not alternate.
 */
final class ErrorRate {
    private final int seconds;
    private final double threshold;
    private final double recovery;
    private final long minimum;
    private final ArrayDeque<Sample> samples = new ArrayDeque<>();
    private ErrorState now;

    private record Sample(long requests, long errors) {}

    /** @param begun when counting began, at 0 */
    ErrorRate(MetricsConfig config, Instant begun) {
        this.seconds = (int) Math.max(1, config.errorWindow().toSeconds());
        this.threshold = config.errorThreshold();
        this.recovery = Math.min(config.errorRecovery(), config.errorThreshold());
        this.minimum = config.errorMinimum();
        this.now = new ErrorState(ErrorState.State.NORMAL, begun, 0, 0);
        samples.add(new Sample(0, 0));
    }

    /** Called once a second with the totals of requests and errors since the start. Returns whether the state has changed. */
    synchronized boolean sample(long requests, long errors, Instant at) {
        samples.addLast(new Sample(requests, errors));
        while (samples.size() > seconds + 1) {
            samples.removeFirst();
        }
        var before = samples.getFirst();
        var sampled = new ErrorState(now.state(), now.since(), requests - before.requests(), errors - before.errors());
        var state = judge(sampled);
        boolean changed = state != now.state();
        now = new ErrorState(state, changed ? at : now.since(), sampled.requests(), sampled.errors());
        return changed;
    }

    private ErrorState.State judge(ErrorState sampled) {
        boolean high = sampled.isHigh()
                ? sampled.rate() >= recovery && sampled.errors() > 0
                : sampled.rate() >= threshold && sampled.errors() > 0 && sampled.requests() >= minimum;
        return high ? ErrorState.State.HIGH : ErrorState.State.NORMAL;
    }

    synchronized ErrorState now() {
        return now;
    }
}

package org.pmsevents.metrics;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;

/**
 * The number of requests and errors in the window, and whether the error rate is too high.
 *
 * @param since when the state began
 * @param errors answers with a status 5xx
 */
@RegisterForReflection
public record ErrorState(State state, Instant since, long requests, long errors) {

    /** Whether the error rate requires action. */
    @RegisterForReflection
    public enum State {
        NORMAL,
        HIGH;

        /** The spelling in events and summaries. */
        public String wireName() {
            return this == HIGH ? "high" : "normal";
        }
    }

    public boolean isHigh() {
        return state == State.HIGH;
    }

    /** The error rate, 0 to 1. */
    public double rate() {
        return requests == 0 ? 0 : (double) errors / requests;
    }
}

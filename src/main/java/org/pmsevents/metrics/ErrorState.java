package org.pmsevents.metrics;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;

/**
 * How many requests of a window failed, and whether that is too many.
 *
 * @param since when it became so
 * @param errors answers 5xx
 */
@RegisterForReflection
public record ErrorState(State state, Instant since, long requests, long errors) {

    /** Whether something has to be done. */
    @RegisterForReflection
    public enum State {
        NORMAL,
        HIGH;

        /** As events and summaries spell it. */
        public String wireName() {
            return this == HIGH ? "high" : "normal";
        }
    }

    public boolean isHigh() {
        return state == State.HIGH;
    }

    /** The share of errors, 0 to 1. */
    public double rate() {
        return requests == 0 ? 0 : (double) errors / requests;
    }
}

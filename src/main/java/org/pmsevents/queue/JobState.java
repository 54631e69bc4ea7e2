package org.pmsevents.queue;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Where a job is on its way; the arrows between these stand in V4__queue.sql and in the README. */
public enum JobState {
    /** Waits for its time. */
    SCHEDULED,
    /** Waits for a worker. */
    AVAILABLE,
    RUNNING,
    /** Has failed and waits to be tried again. */
    RETRYABLE,
    COMPLETED,
    CANCELLED,
    /** Has failed for good: a dead letter, until somebody has it tried again. */
    DISCARDED;

    /** As the API and the database spell it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean isFinished() {
        return this == COMPLETED || this == CANCELLED || this == DISCARDED;
    }

    public static Optional<JobState> named(String wireName) {
        return Arrays.stream(values())
                .filter(state -> state.wireName().equals(wireName))
                .findFirst();
    }
}

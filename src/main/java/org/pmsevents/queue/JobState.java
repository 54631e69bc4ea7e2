package org.pmsevents.queue;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The states of a job. V4__queue.sql and the guide to jobs list the transitions. */
public enum JobState {
    /** Waits for the time of its run. */
    SCHEDULED,
    /** Waits for a worker. */
    AVAILABLE,
    RUNNING,
    /** Has failed and waits for its retry. */
    RETRYABLE,
    COMPLETED,
    CANCELLED,
    /** Has failed for good; stays until its retention ends or somebody retries it. */
    DISCARDED;

    /** The spelling in the API and in the database. */
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

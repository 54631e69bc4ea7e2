package org.pmsevents.queue;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

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

    private static final Map<String, JobState> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(JobState::wireName, Function.identity()));

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** The spelling in the API and in the database. */
    public String wireName() {
        return wireName;
    }

    public boolean isFinished() {
        return this == COMPLETED || this == CANCELLED || this == DISCARDED;
    }

    public static Optional<JobState> named(String wireName) {
        return Optional.ofNullable(BY_NAME.get(wireName));
    }
}

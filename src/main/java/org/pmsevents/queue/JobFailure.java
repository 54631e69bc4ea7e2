package org.pmsevents.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A failure of a job that says when and whether to retry it. */
public final class JobFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** How a failure counts against the attempts of a job. */
    public enum Kind {
        /** Counts as an attempt. */
        COUNTED,
        /** Is retried without limit. */
        TEMPORARY,
        /** Does not count: nothing was attempted. */
        POSTPONED,
        /** No retry can succeed. */
        PERMANENT
    }

    private final Kind kind;
    private final @Nullable Duration pause;

    private JobFailure(String message, @Nullable Throwable cause, Kind kind, @Nullable Duration pause) {
        super(message, cause);
        this.kind = kind;
        this.pause = pause;
    }

    /** No retry can succeed: the job is discarded. */
    public static JobFailure permanent(String message, @Nullable Throwable cause) {
        return new JobFailure(message, cause, Kind.PERMANENT, null);
    }

    /** Retried after the given pause at the earliest, as the refusing system has asked; counts as an attempt. */
    public static JobFailure notBefore(String message, @Nullable Throwable cause, Duration pause) {
        return new JobFailure(message, cause, Kind.COUNTED, pause);
    }

    /**
     * The cause will end some day, however long that takes: the job is never discarded because of it.
     *
     * @param pause before the next attempt at the earliest; null: as after any failure
     */
    public static JobFailure temporary(String message, @Nullable Throwable cause, @Nullable Duration pause) {
        return new JobFailure(message, cause, Kind.TEMPORARY, pause);
    }

    /** Nothing was attempted, because it would have failed now. Does not count as an attempt; the pause is at most this long. */
    public static JobFailure postponed(String message, @Nullable Throwable cause, Duration pause) {
        return new JobFailure(message, cause, Kind.POSTPONED, pause);
    }

    public static Kind kindOf(Throwable failure) {
        return failure instanceof JobFailure known ? known.kind : Kind.COUNTED;
    }

    @Nullable
    public Duration pause() {
        return pause;
    }
}

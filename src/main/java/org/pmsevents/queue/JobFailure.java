package org.pmsevents.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A failure of a job that says more than that it may be tried again some time. */
public final class JobFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What a failure means for the attempts that a job has. */
    public enum Kind {
        /** One less. */
        COUNTED,
        /** As many as it takes. */
        TEMPORARY,
        /** This was none: nothing was tried. */
        POSTPONED,
        /** There is no use in any. */
        FOR_GOOD
    }

    private final Kind kind;
    private final @Nullable Duration pause;

    private JobFailure(String message, @Nullable Throwable cause, Kind kind, @Nullable Duration pause) {
        super(message, cause);
        this.kind = kind;
        this.pause = pause;
    }

    /** Trying again is no use: the job is discarded. */
    public static JobFailure forGood(String message, @Nullable Throwable cause) {
        return new JobFailure(message, cause, Kind.FOR_GOOD, null);
    }

    /** Not before so long, as whoever refused has asked. */
    public static JobFailure notBefore(String message, @Nullable Throwable cause, Duration pause) {
        return new JobFailure(message, cause, Kind.COUNTED, pause);
    }

    /**
     * Will work some day, however long that takes: the job is never discarded for it.
     *
     * @param pause not before so long; null: as after any failure
     */
    public static JobFailure temporary(String message, @Nullable Throwable cause, @Nullable Duration pause) {
        return new JobFailure(message, cause, Kind.TEMPORARY, pause);
    }

    /** Nothing was tried, as it would have been no use now: no attempt, and no longer a pause than this. */
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

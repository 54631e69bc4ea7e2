package org.pmsevents.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A failure of a job that says more than that it may be tried again some time. */
public final class JobFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean last;
    private final @Nullable Duration pause;

    private JobFailure(String message, @Nullable Throwable cause, boolean last, @Nullable Duration pause) {
        super(message, cause);
        this.last = last;
        this.pause = pause;
    }

    /** Trying again is no use: the job is discarded. */
    public static JobFailure forGood(String message, @Nullable Throwable cause) {
        return new JobFailure(message, cause, true, null);
    }

    /** Not before so long, as whoever refused has asked. */
    public static JobFailure notBefore(String message, @Nullable Throwable cause, Duration pause) {
        return new JobFailure(message, cause, false, pause);
    }

    boolean isLast() {
        return last;
    }

    @Nullable
    Duration pause() {
        return pause;
    }
}

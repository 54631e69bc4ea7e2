package org.pmsevents.pms.outbound;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A failed attempt to send a product to the PMS. */
public abstract sealed class PmsFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable Integer status;

    private PmsFailure(String message, @Nullable Integer status, @Nullable Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** The status of the answer; null if the PMS did not answer. */
    @Nullable
    Integer status() {
        return status;
    }

    /** The PMS refuses the product for good: a retry would fail again. */
    public static final class Refused extends PmsFailure {
        private static final long serialVersionUID = 1L;

        Refused(int status) {
            super("refused with status " + status, status, null);
        }
    }

    /** The PMS can't accept the product at the moment, or has not answered. */
    public static final class Unavailable extends PmsFailure {
        private static final long serialVersionUID = 1L;

        Unavailable(int status) {
            super("unavailable with status " + status, status, null);
        }

        Unavailable(Throwable cause) {
            super("no answer: " + rootOf(cause), null, cause);
        }

        private static String rootOf(Throwable failure) {
            var cause = failure.getCause();
            return cause == null || cause == failure
                    ? failure.getClass().getSimpleName() + ", " + failure.getMessage()
                    : rootOf(cause);
        }
    }

    /** The PMS has asked for a pause, with or without its length. It is not retried within the call. */
    public static final class Busy extends PmsFailure {
        private static final long serialVersionUID = 1L;

        private final @Nullable Duration retryAfter;

        Busy(int status, @Nullable Duration retryAfter) {
            super("busy with status " + status, status, null);
            this.retryAfter = retryAfter;
        }

        @Nullable
        Duration retryAfter() {
            return retryAfter;
        }
    }
}

package org.pmsevents.pms.outbound;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How the PMS has not taken a product. */
public abstract sealed class PmsFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable Integer status;

    private PmsFailure(String message, @Nullable Integer status, @Nullable Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** What the PMS answered; null if it did not. */
    @Nullable
    Integer status() {
        return status;
    }

    /** Will not take it, however often it is asked. */
    public static final class Refused extends PmsFailure {
        private static final long serialVersionUID = 1L;

        Refused(int status) {
            super("refused with status " + status, status, null);
        }
    }

    /** Can't take it just now, or has not answered. */
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

    /** Has asked to be left alone, perhaps for how long: trying quickly again would be rude. */
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

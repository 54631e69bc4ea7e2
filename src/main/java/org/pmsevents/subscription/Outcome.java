package org.pmsevents.subscription;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt has ended.
 *
 * @param status of the answer; null without one
 * @param error null if it was delivered
 * @param answer the first 1,024 characters of the answer; null if there is nothing
 * @param retryAfter how long the receiver asks to be left alone; null if it does not
 */
public record Outcome(
        Kind kind,
        @Nullable Integer status,
        @Nullable String error,
        @Nullable String answer,
        long millis,
        @Nullable Duration retryAfter) {
    /** What follows from an attempt. */
    public enum Kind {
        DELIVERED,
        /** Refused: it may be for what was sent. */
        REFUSED,
        /** The receiver takes nothing at the moment, whatever is sent. */
        UNAVAILABLE,
        /** The receiver is gone for good. */
        GONE
    }

    public boolean isDelivered() {
        return kind == Kind.DELIVERED;
    }

    /** What went wrong. */
    public String fault() {
        return error == null ? "" : error;
    }
}

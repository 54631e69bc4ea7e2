package org.pmsevents.subscription;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A subscription as it is stored.
 *
 * @param kind of its delivery, such as {@code webhook}
 * @param delivery JSON of the delivery
 * @param state {@code active}, {@code paused} or {@code disabled}
 * @param reason why it is disabled, or what has become of its cursor; null for nothing
 * @param version raised by each change that a person makes
 * @param position what matches up to here is delivered, or held for a retry
 * @param secrets that sign what is delivered, the newest first; empty where nothing is signed
 * @param token the fencing token of its lease
 * @param attempts how many attempts were made
 */
public record Subscription(
        UUID id,
        String name,
        SubscriptionFilter filter,
        String kind,
        String delivery,
        String state,
        @Nullable String reason,
        long version,
        long position,
        List<String> secrets,
        long token,
        long attempts,
        @Nullable Instant lastSuccessAt,
        @Nullable String lastError,
        @Nullable Instant lastErrorAt,
        Instant createdAt,
        String createdBy) {
    public static final String ACTIVE = "active";
    public static final String PAUSED = "paused";
    public static final String DISABLED = "disabled";

    public boolean isActive() {
        return state.equals(ACTIVE);
    }

    /** The secrets are told to nobody, and kept out of every log. */
    @Override
    public String toString() {
        return "subscription " + name + " (" + id + ")";
    }
}

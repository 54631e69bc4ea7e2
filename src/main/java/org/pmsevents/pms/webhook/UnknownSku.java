package org.pmsevents.pms.webhook;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Counts that came in for what has no product, until somebody says which one is meant.
 *
 * @param onHand of the newest count
 * @param countedAt when that was true
 * @param webhookId by which it came
 * @param times how many lines there were
 * @param resolvedTo the SKU that it was found to be; null while nobody has said so
 */
@RegisterForReflection
public record UnknownSku(
        UUID id,
        String sku,
        String location,
        long onHand,
        Instant countedAt,
        String webhookId,
        long times,
        Instant firstSeen,
        Instant lastSeen,
        @Nullable Instant resolvedAt,
        @Nullable String resolvedTo,
        @Nullable String resolvedBy) {

    boolean isResolved() {
        return resolvedAt != null;
    }
}

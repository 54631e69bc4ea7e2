package org.pmsevents.pms.webhook;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Counts of a SKU that has no product, until a person resolves it to one that has.
 *
 * @param onHand number of the newest count
 * @param countedAt time of the newest count
 * @param webhookId webhook of the newest count
 * @param times number of lines received
 * @param resolvedTo SKU of the product that was meant; null while unresolved
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

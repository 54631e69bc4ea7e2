package org.pmsevents.inventory;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A line of the ledger.
 *
 * @param seq place in the ledger
 * @param onHand stock after the movement
 * @param version version of the stock after the movement
 */
@RegisterForReflection
public record Movement(
        @JsonIgnore long seq,
        UUID movementId,
        UUID eventId,
        String sku,
        String location,
        long delta,
        long onHand,
        long version,
        String reason,
        @Nullable String reference,
        String actor,
        String traceId,
        Instant timestamp) {

    public LineOutcome outcome() {
        return new LineOutcome(null, delta, onHand, onHand - delta, version, movementId, eventId, eventId);
    }
}

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
 * @param timestamp when it was written
 * @param occurredAt when it happened: as the caller has said, otherwise the same
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
        Instant timestamp,
        Instant occurredAt) {

    public LineOutcome outcome() {
        return new LineOutcome(null, delta, onHand, onHand - delta, version, movementId, eventId, eventId, false);
    }

    /** The outcome of this movement's line, which the last count had already. */
    public LineOutcome outcome(Movement correction) {
        return new LineOutcome(
                null,
                delta,
                correction.onHand,
                onHand - delta,
                correction.version,
                movementId,
                eventId,
                correction.eventId,
                true);
    }
}

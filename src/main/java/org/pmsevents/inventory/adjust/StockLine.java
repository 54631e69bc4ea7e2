package org.pmsevents.inventory.adjust;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.identity.UuidV7;

/**
 * One requested change of a stock: by a delta, or to a count. Its ids are generated before anything is written, so that a lost commit
 * can be looked up by them.
 *
 * @param delta number to add, negative to take; null for a count
 * @param count number that was counted; null for a delta
 * @param expectedOnHand the line is refused if the stock differs from it; null for no expectation
 * @param reason a lower-case word such as {@code sale}
 * @param reference such as an invoice number
 * @param eventId id for its inventory.updated, used if anything moves
 * @param alertId id for its inventory.alert, used if the line makes the stock low
 * @param late when it happened, if the caller has said so; null for now, and for a count
 */
public record StockLine(
        StockKey stock,
        @Nullable Long delta,
        @Nullable Long count,
        @Nullable Long expectedOnHand,
        String reason,
        @Nullable String reference,
        UUID movementId,
        UUID eventId,
        UUID alertId,
        @Nullable Late late) {

    /**
     * When an adjustment happened.
     *
     * @param occurredAt in microseconds; what is ahead counts as now
     * @param correctionId id for the movement that takes it back, used if the last count of the stock has it already
     * @param correctionEventId id for the inventory.updated of that movement
     */
    public record Late(Instant occurredAt, UUID correctionId, UUID correctionEventId) {}

    public static StockLine adjustment(
            StockKey stock,
            long delta,
            @Nullable Long expectedOnHand,
            String reason,
            @Nullable String reference,
            Clock clock) {
        return new StockLine(
                stock,
                delta,
                null,
                expectedOnHand,
                reason,
                reference,
                UuidV7.next(clock),
                UuidV7.next(clock),
                UuidV7.next(clock),
                null);
    }

    /** The same line, which happened at the given time. */
    public StockLine occurred(Instant at, Clock clock) {
        var late = new Late(at.truncatedTo(ChronoUnit.MICROS), UuidV7.next(clock), UuidV7.next(clock));
        return new StockLine(
                stock, delta, count, expectedOnHand, reason, reference, movementId, eventId, alertId, late);
    }

    /** The id for the event of the correction; null if there can be none. */
    public @Nullable UUID correctionEventId() {
        return late == null ? null : late.correctionEventId();
    }

    public static StockLine count(StockKey stock, long count, String reason, @Nullable String reference, Clock clock) {
        return new StockLine(
                stock,
                null,
                count,
                null,
                reason,
                reference,
                UuidV7.next(clock),
                UuidV7.next(clock),
                UuidV7.next(clock),
                null);
    }
}

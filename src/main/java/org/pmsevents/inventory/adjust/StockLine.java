package org.pmsevents.inventory.adjust;

import java.time.Clock;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.identity.UuidV7;

/**
 * One change of a stock that is asked for: by a delta, or to a count. Its ids are made before anything is written, so that it can be
 * looked up whether it was.
 *
 * @param delta what is added, negative for what is taken; null for a count
 * @param count what was found to be there; null for a delta
 * @param expectedOnHand refused if another number is on hand; null for any
 * @param reason a lower-case word such as {@code sale}
 * @param reference such as an invoice number
 * @param eventId of its inventory.updated, should it move anything
 * @param alertId of its inventory.alert, should the stock become low by it
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
        UUID alertId) {

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
                UuidV7.next(clock));
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
                UuidV7.next(clock));
    }
}

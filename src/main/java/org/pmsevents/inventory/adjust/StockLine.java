package org.pmsevents.inventory.adjust;

import java.time.Clock;
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

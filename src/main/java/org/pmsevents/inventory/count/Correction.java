package org.pmsevents.inventory.count;

import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.identity.UuidV7;

/**
 * A count to apply to its stock.
 *
 * @param judged what the count does to the stock; if it moves nothing, only {@code counted_at} is stored
 * @param eventId id for its inventory.updated, used if anything moves
 * @param alertId id for its inventory.alert, used if the count makes the stock low
 */
record Correction(StockKey stock, Instant countedAt, JudgedCount judged, UUID movementId, UUID eventId, UUID alertId) {

    static Correction of(StockCount count, JudgedCount judged, Clock clock) {
        return new Correction(
                count.stock(), count.countedAt(), judged, UuidV7.next(clock), UuidV7.next(clock), UuidV7.next(clock));
    }

    boolean moves() {
        return judged.delta() != 0;
    }

    boolean alerts() {
        return judged.alerts();
    }
}

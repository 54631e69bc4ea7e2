package org.pmsevents.inventory.count;

import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.identity.UuidV7;

/**
 * A count that is applied to its stock.
 *
 * @param judged what it does to the stock; where that moves nothing only the count is noted
 * @param eventId of its inventory.updated, should it move anything
 * @param alertId of its inventory.alert, should the stock become low by it
 */
record Correction(
        StockKey stock, Instant countedAt, JudgedCount judged, UUID movementId, UUID eventId, UUID alertId) {

    static Correction of(StockCount count, JudgedCount judged, Clock clock) {
        return new Correction(
                count.stock(),
                count.countedAt(),
                judged,
                UuidV7.next(clock),
                UuidV7.next(clock),
                UuidV7.next(clock));
    }

    boolean moves() {
        return judged.delta() != 0;
    }

    boolean alerts() {
        return judged.alerts();
    }
}

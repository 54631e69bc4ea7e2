package org.pmsevents.inventory.count;

import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.pmsevents.platform.identity.UuidV7;

/**
 * What a count makes of a stock.
 *
 * @param stock as it was before
 * @param onHand after it; where that is the same only the count is noted
 * @param eventId of its inventory.updated, should it move anything
 * @param alertId of its inventory.alert, should the stock become low by it
 */
record Correction(LockedStock stock, long onHand, Instant countedAt, UUID movementId, UUID eventId, UUID alertId) {

    static Correction of(LockedStock stock, long onHand, Instant countedAt, Clock clock) {
        return new Correction(stock, onHand, countedAt, UuidV7.next(clock), UuidV7.next(clock), UuidV7.next(clock));
    }

    long delta() {
        return onHand - stock.onHand();
    }

    long version() {
        return moves() ? stock.version() + 1 : stock.version();
    }

    boolean moves() {
        return delta() != 0;
    }

    boolean low() {
        var threshold = stock.threshold();
        return threshold != null && onHand <= threshold;
    }

    boolean alerts() {
        return low() && !stock.low();
    }
}

package org.pmsevents.pms.webhook;

import java.time.Instant;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.count.StockCount;

/**
 * A line of a webhook: what was counted.
 *
 * @param index its place in the webhook
 * @param countedAt in microseconds, as PostgreSQL keeps times
 */
record CountLine(int index, StockKey stock, long onHand, Instant countedAt) {

    StockCount count() {
        return new StockCount(stock, onHand, countedAt);
    }
}

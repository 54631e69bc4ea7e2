package org.pmsevents.pms.webhook;

import java.time.Instant;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.count.StockCount;

/**
 * A line of a webhook: one count.
 *
 * @param index place of the line in the webhook, from 0
 * @param countedAt in microseconds, the precision of PostgreSQL
 */
record CountLine(int index, StockKey stock, long onHand, Instant countedAt) {

    StockCount count() {
        return new StockCount(stock, onHand, countedAt);
    }
}

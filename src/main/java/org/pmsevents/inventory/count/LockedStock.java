package org.pmsevents.inventory.count;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;

/**
 * A stock whose row is locked by the current transaction.
 *
 * @param countedAt time of the newest count that was applied; null if the stock was never counted
 */
record LockedStock(StockKey key, @Nullable Instant countedAt) {

    /** Whether a count is stale: not newer than the last one that was applied. */
    boolean makesStale(StockCount count) {
        return countedAt != null && !count.countedAt().isAfter(countedAt);
    }
}

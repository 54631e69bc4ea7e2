package org.pmsevents.inventory.count;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;

/**
 * A stock whose row the present transaction has locked.
 *
 * @param countedAt when the newest count that was applied was true; null if it was never counted
 */
record LockedStock(StockKey key, @Nullable Instant countedAt) {

    /** Whether a count says less than what is known already: it is not newer than the last one that was applied. */
    boolean makesStale(StockCount count) {
        return countedAt != null && !count.countedAt().isAfter(countedAt);
    }
}

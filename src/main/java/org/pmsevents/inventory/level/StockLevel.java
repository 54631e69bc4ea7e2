package org.pmsevents.inventory.level;

import org.pmsevents.inventory.StockKey;

/**
 * How much is on hand, for others to read in Redis.
 *
 * @param version of the stock; an older one never replaces a newer one
 */
public record StockLevel(StockKey key, long onHand, long version) {
    StockLevel newest(StockLevel other) {
        return other.version > version ? other : this;
    }
}

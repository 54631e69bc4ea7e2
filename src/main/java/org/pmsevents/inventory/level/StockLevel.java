package org.pmsevents.inventory.level;

import org.pmsevents.inventory.StockKey;

/**
 * The stock level that other systems read in Redis.
 *
 * @param version version of the stock; an older one never replaces a newer one
 */
public record StockLevel(StockKey key, long onHand, long version) {
    StockLevel newest(StockLevel other) {
        return other.version > version ? other : this;
    }
}

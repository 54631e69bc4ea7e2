package org.pmsevents.inventory.count;

import java.time.Instant;
import org.pmsevents.inventory.StockKey;

/**
 * A count of a stock at a time, which may be long past.
 *
 * @param countedAt in microseconds; movements after it are added to the count
 */
public record StockCount(StockKey stock, long onHand, Instant countedAt) {}

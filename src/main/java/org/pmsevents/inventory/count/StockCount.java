package org.pmsevents.inventory.count;

import java.time.Instant;
import org.pmsevents.inventory.StockKey;

/**
 * What was found to be in a stock, at a moment that may be long past.
 *
 * @param countedAt in microseconds; what has moved after it is added
 */
public record StockCount(StockKey stock, long onHand, Instant countedAt) {}

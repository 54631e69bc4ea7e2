package org.pmsevents.inventory;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The stock of a product at a location.
 *
 * @param threshold low at or below this; null for never
 * @param low whether the stock has become low and has not risen above the threshold since
 * @param version grows by one with every movement and every change of the threshold
 */
public record Stock(
        StockKey key, long onHand, @Nullable Long threshold, boolean low, long version, Instant updatedAt) {}

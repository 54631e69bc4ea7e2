package org.pmsevents.inventory;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How much of a product is at a location.
 *
 * @param threshold low at or below this; null for never
 * @param low whether it has become low and not risen above the threshold since
 * @param version one more with every movement and every change of the threshold
 */
public record Stock(StockKey key, long onHand, @Nullable Long threshold, boolean low, long version, Instant updatedAt) {}

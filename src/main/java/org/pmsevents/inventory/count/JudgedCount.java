package org.pmsevents.inventory.count;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a count does to its stock, as decided by {@code stock_change} in the database.
 *
 * @param code why the count is refused; null if it is not
 * @param countedNow the count plus the movements after it
 * @param delta difference between the stock and {@code countedNow}
 * @param onHand stock after the count
 * @param version version of the stock after the count
 * @param threshold low at or below this; null for never
 * @param low whether the stock is low after the count
 * @param alerts whether the count makes the stock low
 * @param stillSince the latest time at which the stock may have moved, other than by a correction
 */
record JudgedCount(
        @Nullable String code,
        long countedNow,
        long delta,
        long onHand,
        long version,
        @Nullable Long threshold,
        boolean low,
        boolean alerts,
        Instant stillSince) {}

package org.pmsevents.inventory.count;

import org.jspecify.annotations.Nullable;

/**
 * What a count does to its stock, as {@code stock_change} in the database decides it.
 *
 * @param code why it is refused; null if it is not
 * @param countedNow the count and what has moved since
 * @param delta by how much it would move the stock
 * @param onHand after it
 * @param version of the stock after it
 * @param threshold low at or below this; null for never
 * @param low whether the stock is low after it
 * @param alerts whether the stock becomes low by it
 */
record JudgedCount(
        @Nullable String code,
        long countedNow,
        long delta,
        long onHand,
        long version,
        @Nullable Long threshold,
        boolean low,
        boolean alerts) {}

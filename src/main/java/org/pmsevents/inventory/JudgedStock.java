package org.pmsevents.inventory;

import org.jspecify.annotations.Nullable;

/**
 * A stock that was judged anew without a movement.
 *
 * @param alert the payload of its inventory.alert; null if it has not become low
 */
public record JudgedStock(Stock stock, @Nullable String alert) {}

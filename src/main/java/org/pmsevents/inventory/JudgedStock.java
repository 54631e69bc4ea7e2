package org.pmsevents.inventory;

import org.jspecify.annotations.Nullable;

/**
 * A stock whose {@code low} was evaluated again without a movement.
 *
 * @param alert the payload of its inventory.alert; null if the stock has not become low
 */
public record JudgedStock(Stock stock, @Nullable String alert) {}

package org.pmsevents.inventory;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Origin;
import org.pmsevents.idempotency.IdempotencyKey;

/**
 * What one caller asks for, and gets one answer to.
 *
 * @param atomic whether all lines are refused if one is
 * @param at when it was asked for
 */
record StockRequest(
        List<StockLine> lines, boolean atomic, @Nullable IdempotencyKey key, Origin origin, Instant at) {

    List<StockKey> stocks() {
        return lines.stream().map(StockLine::stock).toList();
    }
}

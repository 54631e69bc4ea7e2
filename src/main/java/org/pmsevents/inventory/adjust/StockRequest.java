package org.pmsevents.inventory.adjust;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.inventory.StockKey;

/**
 * What one caller asks for, and gets one answer to.
 *
 * @param atomic whether all lines are refused if one is
 * @param at when it was asked for
 */
public record StockRequest(
        List<StockLine> lines, boolean atomic, @Nullable IdempotencyKey key, RequestContext context, Instant at) {

    public List<StockKey> stocks() {
        return lines.stream().map(StockLine::stock).toList();
    }
}

package org.pmsevents.inventory.adjust;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.inventory.StockKey;

/**
 * The lines of one caller, which get one answer.
 *
 * @param atomic whether all lines are refused if one is
 * @param at time of the request
 */
public record StockRequest(
        List<StockLine> lines, boolean atomic, @Nullable IdempotencyKey key, RequestContext context, Instant at) {

    public List<StockKey> stocks() {
        return lines.stream().map(StockLine::stock).toList();
    }
}

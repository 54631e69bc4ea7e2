package org.pmsevents.pms.webhook;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.count.StockCount;

/**
 * A webhook with a valid signature and a list of lines.
 *
 * @param fingerprint SHA-256 of the body
 * @param lines those that can be read, in their order
 * @param unreadable those that can't
 * @param at when the webhook was received
 */
record SyncRequest(
        String id, Buffer fingerprint, List<CountLine> lines, List<SyncReport.Rejected> unreadable, Instant at) {

    /** Returns the lines whose time is not too far ahead. */
    List<CountLine> timely() {
        return lines.stream().filter(line -> !SyncRules.isTooFarAhead(line, at)).toList();
    }

    static List<StockCount> counts(List<CountLine> lines) {
        return lines.stream().map(CountLine::count).toList();
    }

    static Set<StockKey> stocks(List<CountLine> lines) {
        return lines.stream().map(CountLine::stock).collect(Collectors.toSet());
    }
}

package org.pmsevents.pms.webhook;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.count.StockCount;

/**
 * A webhook that is signed and whose body can be read.
 *
 * @param fingerprint SHA-256 of the body
 * @param lines in their order
 * @param at when it came in
 */
record SyncRequest(String id, Buffer fingerprint, List<CountLine> lines, Instant at) {

    /** The lines that can be true by now. */
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

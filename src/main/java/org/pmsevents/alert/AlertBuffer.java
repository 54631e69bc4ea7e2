package org.pmsevents.alert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.pmsevents.event.Alert;

/**
 * Alerts raised on this replica that are not stored yet: one entry per key with a count, so that a storm of alerts costs PostgreSQL
 * little.
 */
final class AlertBuffer {
    private final int most;
    private final Supplier<UUID> ids;
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();
    private List<Waiting> storing = List.of();

    /**
     * @param first alert of the key, sent if it begins a window
     * @param last alert of the key, described by the summary
     * @param occurrence counted once, even if an attempt to store it succeeded without an answer
     */
    record Waiting(Alert first, Alert last, long count, UUID occurrence) {}

    AlertBuffer(int most, Supplier<UUID> ids) {
        this.most = most;
        this.ids = ids;
    }

    /** Returns false if too many keys are waiting. */
    synchronized boolean add(Alert alert) {
        var own = alert.occurrence();
        var name = own == null ? alert.key() : own.toString();
        var before = waiting.get(name);
        if (before == null && waiting.size() >= most) {
            return false;
        }
        if (before == null) {
            waiting.put(name, new Waiting(alert, alert, 1, own == null ? ids.get() : own));
        } else if (own == null) {
            waiting.put(name, new Waiting(before.first(), alert, before.count() + 1, before.occurrence()));
        }
        return true;
    }

    /** Returns what to store next: the same alerts until {@link #stored} is called. */
    synchronized List<Waiting> next() {
        if (storing.isEmpty()) {
            storing = List.copyOf(waiting.values());
            waiting.clear();
        }
        return storing;
    }

    synchronized void stored() {
        storing = List.of();
    }
}

package org.pmsevents.alert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.pmsevents.event.Alert;

/** Alerts that were raised on this replica until they are stored: one a key with a count, so that a storm costs PostgreSQL little. */
final class AlertBuffer {
    private final int most;
    private final Supplier<UUID> ids;
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();
    private List<Waiting> storing = List.of();

    /**
     * @param first of its key, which is told if it begins a window
     * @param last of its key, which the summary tells of
     * @param occurrence counted once, should an attempt to store it have come further than it seemed
     */
    record Waiting(Alert first, Alert last, long count, UUID occurrence) {}

    AlertBuffer(int most, Supplier<UUID> ids) {
        this.most = most;
        this.ids = ids;
    }

    /** False if too many keys wait already. */
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

    /** What is to be stored next: the same until it is {@link #stored}. */
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

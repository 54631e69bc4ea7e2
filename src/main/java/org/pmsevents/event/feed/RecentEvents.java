package org.pmsevents.event.feed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;

/** The ids of the last 1,024 events that were dispatched: in another history of the database their positions hold other events. */
final class RecentEvents {
    private static final int MOST = 1_024;

    private final TreeMap<Long, UUID> ids = new TreeMap<>();
    /** The last event at the previous call of {@link #latest}. What goes back between two polls and further than before it shows there. */
    private long before = -1;

    synchronized void restart(long position, @Nullable UUID event) {
        ids.clear();
        before = -1;
        if (event != null) {
            ids.put(position, event);
        }
    }

    synchronized void add(List<FeedEvent> dispatched) {
        dispatched.forEach(
                event -> ids.put(event.position(), event.message().metadata().id()));
        while (ids.size() > MOST) {
            ids.pollFirstEntry();
        }
    }

    /** Whether the position is known as that of another event. */
    synchronized boolean contradicts(FeedEvent event) {
        var known = ids.get(event.position());
        return known != null && !known.equals(event.message().metadata().id());
    }

    synchronized EventTable.Known all() {
        return known(List.copyOf(ids.entrySet()));
    }

    /** The last event, that of the previous call, and the oldest. */
    synchronized EventTable.Known latest() {
        var chosen = new ArrayList<Map.Entry<Long, UUID>>();
        var last = ids.lastEntry();
        if (last != null) {
            chosen.add(last);
            var previous = ids.floorEntry(before);
            if (previous != null) {
                chosen.add(previous);
            }
            before = last.getKey();
        }
        return known(chosen);
    }

    private static EventTable.Known known(List<Map.Entry<Long, UUID>> entries) {
        return new EventTable.Known(
                entries.stream().map(Map.Entry::getKey).toList(),
                entries.stream().map(Map.Entry::getValue).toList());
    }
}

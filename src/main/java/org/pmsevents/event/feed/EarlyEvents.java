package org.pmsevents.event.feed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedEvent;

/** Events that have arrived before their turn. Bounded in number and in memory: those furthest ahead are dropped, and read later. */
final class EarlyEvents {
    private final int most;
    private final long mostCharacters;
    private final TreeMap<Long, FeedEvent> events = new TreeMap<>();
    private long characters;

    /** @param mostCharacters of the events as JSON; of a single one more */
    EarlyEvents(int most, long mostCharacters) {
        this.most = most;
        this.mostCharacters = mostCharacters;
    }

    void add(FeedEvent event) {
        characters += event.json().length();
        removed(events.put(event.position(), event));
        while (events.size() > most || (characters > mostCharacters && events.size() > 1)) {
            removed(events.pollLastEntry());
        }
    }

    /** Removes and returns the events that follow the position without a gap. */
    List<FeedEvent> takeAfter(long position, int limit) {
        var taken = new ArrayList<FeedEvent>();
        var next = events.remove(position + 1);
        while (next != null) {
            removed(next);
            taken.add(next);
            next = taken.size() < limit ? events.remove(position + taken.size() + 1) : null;
        }
        return taken;
    }

    boolean contains(long position) {
        return events.containsKey(position);
    }

    void removeUpTo(long position) {
        while (!events.isEmpty() && events.firstKey() <= position) {
            removed(events.pollFirstEntry());
        }
    }

    void clear() {
        events.clear();
        characters = 0;
    }

    private void removed(Map.@Nullable Entry<Long, FeedEvent> entry) {
        if (entry != null) {
            removed(entry.getValue());
        }
    }

    private void removed(@Nullable FeedEvent event) {
        if (event != null) {
            characters -= event.json().length();
        }
    }
}

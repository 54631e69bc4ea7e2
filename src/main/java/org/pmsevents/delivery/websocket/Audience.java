package org.pmsevents.delivery.websocket;

import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.pmsevents.event.EventType;

/** Counts the subscriptions of this replica to each type, so that events without a subscriber are not encoded. */
final class Audience {
    private final AtomicIntegerArray subscriptions = new AtomicIntegerArray(EventType.values().length);

    void join(Set<EventType> types) {
        types.forEach(type -> subscriptions.incrementAndGet(type.ordinal()));
    }

    void leave(Set<EventType> types) {
        types.forEach(type -> subscriptions.decrementAndGet(type.ordinal()));
    }

    boolean wants(EventType type) {
        return subscriptions.get(type.ordinal()) > 0;
    }
}

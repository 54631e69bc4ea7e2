package org.pmsevents.websocket;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;

/** What one connection wants to hear: the sum of its subscriptions. */
final class Subscriptions {
    private final Map<String, Subscription> byId = new HashMap<>();

    /** @param subjects all if empty */
    record Subscription(Set<EventType> types, Set<String> subjects) {
        boolean matches(EventMessage event) {
            return types.contains(event.type()) && (subjects.isEmpty() || subjects.contains(event.subject()));
        }
    }

    boolean has(String id) {
        return byId.containsKey(id);
    }

    int size() {
        return byId.size();
    }

    void add(String id, Subscription subscription) {
        byId.put(id, subscription);
    }

    boolean remove(String id) {
        return byId.remove(id) != null;
    }

    boolean match(EventMessage event) {
        for (var subscription : byId.values()) {
            if (subscription.matches(event)) {
                return true;
            }
        }
        return false;
    }

    Set<EventType> types() {
        var types = EnumSet.noneOf(EventType.class);
        byId.values().forEach(subscription -> types.addAll(subscription.types()));
        return types;
    }
}

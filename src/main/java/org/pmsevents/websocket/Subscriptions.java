package org.pmsevents.websocket;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;

/** What one connection wants to hear: the sum of its subscriptions. */
final class Subscriptions {
    private final Map<String, Subscription> byId = new HashMap<>();
    private final Audience audience;

    /** @param subjects all if empty */
    record Subscription(Set<EventType> types, Set<String> subjects) {
        boolean matches(EventMessage event) {
            return types.contains(event.type()) && (subjects.isEmpty() || subjects.contains(event.subject()));
        }
    }

    Subscriptions(Audience audience) {
        this.audience = audience;
    }

    boolean has(String id) {
        return byId.containsKey(id);
    }

    int size() {
        return byId.size();
    }

    void add(String id, Subscription subscription) {
        byId.put(id, subscription);
        audience.join(subscription.types());
    }

    boolean remove(String id) {
        var removed = byId.remove(id);
        if (removed != null) {
            audience.leave(removed.types());
        }
        return removed != null;
    }

    void clear() {
        Set.copyOf(byId.keySet()).forEach(this::remove);
    }

    boolean match(EventMessage event) {
        for (var subscription : byId.values()) {
            if (subscription.matches(event)) {
                return true;
            }
        }
        return false;
    }
}

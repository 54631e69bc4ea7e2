package org.pmsevents.delivery.websocket;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;

/** The subscriptions of one connection. */
final class Subscriptions {
    private final Map<String, Subscription> byId = new HashMap<>();
    private final Audience audience;

    /**
     * @param alerts whether alerts are included
     * @param subjects only events and alerts about these; empty for all
     */
    record Subscription(Set<EventType> types, boolean alerts, Set<String> subjects) {
        boolean matches(EventMessage event) {
            return types.contains(event.type()) && isAbout(event.subject());
        }

        boolean matchesAlert(String subject) {
            return alerts && isAbout(subject);
        }

        private boolean isAbout(String subject) {
            return subjects.isEmpty() || subjects.contains(subject);
        }
    }

    Subscriptions(Audience audience) {
        this.audience = audience;
    }

    boolean has(String id) {
        return byId.containsKey(id);
    }

    List<String> ids() {
        return List.copyOf(byId.keySet());
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

    boolean matchAlert(String subject) {
        return byId.values().stream().anyMatch(subscription -> subscription.matchesAlert(subject));
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

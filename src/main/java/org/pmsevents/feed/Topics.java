package org.pmsevents.feed;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.error.AppException;
import org.pmsevents.event.EventType;
import org.pmsevents.security.Roles;

/** Turns topics such as {@code product.created}, {@code product.*} and {@code *} into event types that a caller may hear. */
public final class Topics {
    /** Told on every batch that goes to WebSockets: sent there itself, it would never end. */
    private static final EventType NEVER_SENT = EventType.WS_UPDATE;

    private Topics() {}

    /**
     * The types of all the topics; {@code *} stands for everything that the roles allow.
     *
     * @throws AppException 400 {@code topic-unknown}, 403 {@code topic-not-allowed}
     */
    public static Set<EventType> types(Collection<String> topics, Set<String> roles) {
        var types = EnumSet.noneOf(EventType.class);
        topics.forEach(topic -> types.addAll(types(topic, roles)));
        return types;
    }

    private static Set<EventType> types(String topic, Set<String> roles) {
        var named = Arrays.stream(EventType.values())
                .filter(type -> type != NEVER_SENT && matches(topic, type))
                .collect(Collectors.toSet());
        if (named.isEmpty()) {
            throw AppException.of(400, "topic-unknown", "There is no topic " + topic + ".");
        }
        if (topic.equals("*")) {
            named.removeIf(type -> !Roles.mayHear(roles, type));
        } else if (!named.stream().allMatch(type -> Roles.mayHear(roles, type))) {
            throw AppException.forbidden("topic-not-allowed", "Your roles do not allow the topic " + topic + ".");
        }
        return named;
    }

    private static boolean matches(String topic, EventType type) {
        return topic.equals("*") || topic.equals(type.wireName()) || topic.equals(type.family() + ".*");
    }
}

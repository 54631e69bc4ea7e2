package org.pmsevents.delivery;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.problem.AppException;

/** Resolves topics such as {@code product.created}, {@code product.*} and {@code *} to event types that the caller's roles allow. */
public final class Topics {
    /** Emitted for every batch sent to WebSockets. Sending it to WebSockets would cause an endless loop. */
    private static final EventType NOT_SENT = EventType.WS_UPDATE;

    /** Alerts are not events, and are sent by WebSocket only. */
    private static final Set<String> ALERTS = Set.of("admin.alert", "admin.*");

    private static final Set<EventType> REPLAYABLE = Arrays.stream(EventType.values())
            .filter(type -> type.scope() == EventScope.FEED)
            .collect(Collectors.toUnmodifiableSet());

    private Topics() {}

    /** The topics that name events, not alerts. */
    public static List<String> ofEvents(Collection<String> topics) {
        return topics.stream().filter(topic -> !ALERTS.contains(topic)).toList();
    }

    /**
     * Whether the topics include alerts.
     *
     * @throws AppException 403 {@code topic-not-allowed}
     */
    public static boolean alerts(Collection<String> topics, Set<String> roles) {
        boolean allowed = Roles.mayHearAlerts(roles);
        topics.stream().filter(topic -> ALERTS.contains(topic) && !allowed).forEach(Topics::refuse);
        return allowed && topics.stream().anyMatch(topic -> ALERTS.contains(topic) || topic.equals("*"));
    }

    private static void refuse(String topic) {
        throw AppException.forbidden("topic-not-allowed", "Your roles do not allow the topic " + topic + ".");
    }

    /**
     * The types of all topics; {@code *} means every type that the roles allow.
     *
     * @throws AppException 400 {@code topic-unknown}, 403 {@code topic-not-allowed}
     */
    public static Set<EventType> types(Collection<String> topics, Set<String> roles) {
        var types = EnumSet.noneOf(EventType.class);
        topics.forEach(topic -> types.addAll(types(topic, roles)));
        return types;
    }

    /**
     * The types of all topics that can be replayed; every such type if no topic is given. A text may contain several topics, separated by
     * commas.
     *
     * @throws AppException 400 {@code topic-unknown}, also if none of the types can be replayed; 403 {@code topic-not-allowed}
     */
    public static Set<EventType> replayable(Collection<String> topics, Set<String> roles) {
        var names = topics.stream()
                .flatMap(each -> Arrays.stream(each.split(",")))
                .filter(each -> !each.isEmpty())
                .toList();
        var types = EnumSet.copyOf(names.isEmpty() ? REPLAYABLE : types(names, roles));
        types.retainAll(REPLAYABLE);
        if (types.isEmpty()) {
            throw AppException.of(400, "topic-unknown", "Only product.* and inventory.* events can be replayed.");
        }
        return types;
    }

    private static Set<EventType> types(String topic, Set<String> roles) {
        var named = Arrays.stream(EventType.values())
                .filter(type -> type != NOT_SENT && matches(topic, type))
                .collect(Collectors.toSet());
        if (named.isEmpty()) {
            throw AppException.of(400, "topic-unknown", "There is no topic " + topic + ".");
        }
        if (topic.equals("*")) {
            named.removeIf(type -> !Roles.mayHear(roles, type));
        } else if (!named.stream().allMatch(type -> Roles.mayHear(roles, type))) {
            refuse(topic);
        }
        return named;
    }

    private static boolean matches(String topic, EventType type) {
        return topic.equals("*") || topic.equals(type.wireName()) || topic.equals(type.family() + ".*");
    }
}

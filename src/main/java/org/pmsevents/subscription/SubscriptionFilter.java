package org.pmsevents.subscription;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.platform.json.JsonText;

/**
 * What a subscription matches: every condition that is given has to hold.
 *
 * @param types such as {@code inventory.updated}, {@code product.*}, {@code *}; at least one
 * @param subjects SKUs; null for all
 * @param locations of events that have one; null for all
 * @param changed of {@code product.updated}: at least one of these fields has changed; null for all
 * @param excludeActors whose events do not match; null for nobody
 */
@RegisterForReflection
public record SubscriptionFilter(
        List<String> types,
        @Nullable List<String> subjects,
        @Nullable List<String> locations,
        @Nullable List<String> changed,
        @Nullable List<String> excludeActors) {

    /** All types that a subscription can have. */
    public static final Set<EventType> FEED = Arrays.stream(EventType.values())
            .filter(type -> type.scope() == EventScope.FEED)
            .collect(Collectors.toUnmodifiableSet());

    /** An event, whose payload is parsed once for all subscriptions that have to look at it, and only then. */
    public static final class Candidate {
        private final FeedEvent event;
        private @Nullable ObjectNode payload;

        public Candidate(FeedEvent event) {
            this.event = event;
        }

        public FeedEvent event() {
            return event;
        }

        private ObjectNode payload() {
            var parsed = payload;
            if (parsed == null) {
                parsed = JsonText.object(event.message().payload());
                payload = parsed;
            }
            return parsed;
        }
    }

    /** Whether one of the topics names the type. */
    public static boolean names(String topic, EventType type) {
        return topic.equals("*") || topic.equals(type.wireName()) || topic.equals(type.family() + ".*");
    }

    /** The types that match. */
    public Set<EventType> eventTypes() {
        var found = EnumSet.noneOf(EventType.class);
        FEED.stream()
                .filter(type -> types.stream().anyMatch(topic -> names(topic, type)))
                .forEach(found::add);
        return found;
    }

    public boolean matches(Candidate candidate) {
        var message = candidate.event().message();
        return types.stream().anyMatch(topic -> names(topic, message.type()))
                && (subjects == null || subjects.contains(message.subject()))
                && (excludeActors == null
                        || !excludeActors.contains(message.metadata().actor()))
                && (locations == null || hasLocation(locations, candidate::payload))
                && (changed == null || hasChanged(changed, message, candidate::payload));
    }

    private static boolean hasLocation(List<String> wanted, Supplier<ObjectNode> payload) {
        var location = payload.get().path("location");
        return !location.isTextual() || wanted.contains(location.textValue());
    }

    private static boolean hasChanged(List<String> wanted, EventMessage message, Supplier<ObjectNode> payload) {
        if (message.type() != EventType.PRODUCT_UPDATED) {
            return true;
        }
        var fields = new ArrayList<String>();
        payload.get().path("changed").forEach(field -> fields.add(field.asText()));
        return fields.stream().anyMatch(wanted::contains);
    }
}

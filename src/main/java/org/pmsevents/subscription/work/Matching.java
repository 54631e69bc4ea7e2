package org.pmsevents.subscription.work;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.subscription.SubscriptionFilter;

/**
 * Finds whom an event is for. An event is looked at once for all subscriptions: those of other types and other subjects cost nothing.
 *
 * @param <T> who has a filter
 */
final class Matching<T> {
    private final Function<T, SubscriptionFilter> filter;
    private final Map<EventType, List<T>> ofAllSubjects = new EnumMap<>(EventType.class);
    private final Map<EventType, Map<String, List<T>>> bySubject = new EnumMap<>(EventType.class);

    Matching(Collection<T> all, Function<T, SubscriptionFilter> filter) {
        this.filter = filter;
        all.forEach(this::add);
    }

    private void add(T each) {
        var wanted = filter.apply(each);
        var subjects = wanted.subjects();
        for (var type : wanted.eventTypes()) {
            if (subjects == null) {
                ofAllSubjects.computeIfAbsent(type, first -> new ArrayList<>()).add(each);
            } else {
                var ofType = bySubject.computeIfAbsent(type, first -> new HashMap<>());
                subjects.forEach(subject -> ofType.computeIfAbsent(subject, first -> new ArrayList<>())
                        .add(each));
            }
        }
    }

    /** The events of each that has some. */
    Map<T, List<FeedEvent>> match(List<FeedEvent> events) {
        var found = new LinkedHashMap<T, List<FeedEvent>>();
        for (var event : events) {
            var candidate = new SubscriptionFilter.Candidate(event);
            var message = event.message();
            match(ofAllSubjects.getOrDefault(message.type(), List.of()), candidate, found);
            match(
                    bySubject.getOrDefault(message.type(), Map.of()).getOrDefault(message.subject(), List.of()),
                    candidate,
                    found);
        }
        return found;
    }

    private void match(List<T> whom, SubscriptionFilter.Candidate candidate, Map<T, List<FeedEvent>> found) {
        for (var each : whom) {
            if (filter.apply(each).matches(candidate)) {
                found.computeIfAbsent(each, first -> new ArrayList<>()).add(candidate.event());
            }
        }
    }
}

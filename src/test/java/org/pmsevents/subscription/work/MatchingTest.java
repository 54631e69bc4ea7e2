package org.pmsevents.subscription.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.subscription.SubscriptionFilter;

@Pure
class MatchingTest {
    private static final List<FeedEvent> FEED = List.of(
            event(1, EventType.PRODUCT_CREATED, "a", "ann", "{}"),
            event(2, EventType.PRODUCT_UPDATED, "a", "ann", "{\"changed\":[\"name\",\"price\"]}"),
            event(3, EventType.PRODUCT_UPDATED, "b", "bob", "{\"changed\":[\"tags\"]}"),
            event(4, EventType.INVENTORY_UPDATED, "a", "bob", "{\"location\":\"main\"}"),
            event(5, EventType.INVENTORY_UPDATED, "b", "ann", "{\"location\":\"shop\"}"),
            event(6, EventType.INVENTORY_SYNCED, "hook", "pms", "{}"));

    private static FeedEvent event(long position, EventType type, String subject, String actor, String payload) {
        var metadata =
                new EventMetadata(Instant.EPOCH, actor, "0".repeat(31) + "1", new UUID(0, position), subject, position);
        return new FeedEvent(position, new EventMessage(type, payload, metadata), "{}");
    }

    private static SubscriptionFilter of(String type) {
        return filter(List.of(type), null, null, null, null);
    }

    private static SubscriptionFilter filter(
            List<String> types,
            @Nullable List<String> subjects,
            @Nullable List<String> locations,
            @Nullable List<String> changed,
            @Nullable List<String> excluded) {
        return new SubscriptionFilter(types, subjects, locations, changed, excluded);
    }

    private static List<Long> matched(SubscriptionFilter filter) {
        return new Matching<>(List.of(filter), each -> each)
                .match(FEED).getOrDefault(filter, List.of()).stream()
                        .map(FeedEvent::position)
                        .toList();
    }

    @Test
    void topicsNameTypesFamiliesOrAll() {
        assertThat(matched(of("*"))).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(matched(of("product.*"))).containsExactly(1L, 2L, 3L);
        assertThat(matched(of("inventory.updated"))).containsExactly(4L, 5L);
        assertThat(matched(filter(List.of("product.created", "inventory.synced"), null, null, null, null)))
                .containsExactly(1L, 6L);
    }

    @Test
    void everyConditionThatIsGivenHasToHold() {
        assertThat(matched(filter(List.of("*"), List.of("a"), null, null, null)))
                .containsExactly(1L, 2L, 4L);
        // what has no location, and what is no product.updated, is not left out by these
        assertThat(matched(filter(List.of("*"), null, List.of("main"), null, null)))
                .containsExactly(1L, 2L, 3L, 4L, 6L);
        assertThat(matched(filter(List.of("*"), null, null, List.of("price"), null)))
                .containsExactly(1L, 2L, 4L, 5L, 6L);
        assertThat(matched(filter(List.of("*"), null, null, null, List.of("ann", "pms"))))
                .containsExactly(3L, 4L);
        assertThat(matched(
                        filter(List.of("product.updated"), List.of("a", "b"), null, List.of("tags"), List.of("ann"))))
                .containsExactly(3L);
    }

    @Test
    void whoIsNotMeantIsNotFound() {
        var none = filter(List.of("inventory.*"), List.of("z"), null, null, null);
        assertThat(new Matching<>(List.of(none, of("product.*")), each -> each).match(FEED.subList(3, 6)))
                .isEmpty();
    }
}

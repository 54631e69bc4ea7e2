package org.pmsevents.event.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;

@Pure
class RecentEventsTest {
    private final RecentEvents recent = new RecentEvents();

    private static FeedEvent event(long position, UUID id) {
        return new FeedEvent(
                position,
                new EventMessage(
                        EventType.PRODUCT_CREATED, "{}", new EventMetadata(Instant.EPOCH, "a", "t", id, "s", position)),
                "{}");
    }

    private static FeedEvent event(long position) {
        return event(position, new UUID(1, position));
    }

    @Test
    void anotherEventAtAKnownPositionContradicts() {
        recent.add(List.of(event(7), event(8)));

        assertThat(recent.contradicts(event(8))).isFalse();
        assertThat(recent.contradicts(event(8, UUID.randomUUID()))).isTrue();
        assertThat(recent.contradicts(event(9, UUID.randomUUID()))).isFalse();
    }

    @Test
    void theLastEventOfThePreviousPollIsLookedAtToo() {
        recent.restart(5, new UUID(1, 5));
        assertThat(recent.latest().positions()).containsExactly(5L);
        recent.add(List.of(event(6), event(7)));

        assertThat(recent.latest().positions()).containsExactly(7L, 5L);
        assertThat(recent.latest().positions()).containsExactly(7L, 7L);
    }

    @Test
    void isBounded() {
        recent.add(LongStream.rangeClosed(1, 3_000)
                .mapToObj(RecentEventsTest::event)
                .toList());

        assertThat(recent.all().positions()).hasSize(1_024).endsWith(3_000L);
    }

    @Test
    void anotherEpochBeginsWithTheEventAtItsHeadOnly() {
        recent.add(List.of(event(7), event(8)));
        recent.restart(7, new UUID(2, 7));

        assertThat(recent.all().positions()).containsExactly(7L);
        assertThat(recent.contradicts(event(8, UUID.randomUUID()))).isFalse();
        assertThat(recent.contradicts(event(7))).isTrue();
    }
}

package org.pmsevents.event.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;

@Pure
class EarlyEventsTest {
    private final EarlyEvents early = new EarlyEvents(4, 100);

    private static FeedEvent event(long position, int length) {
        var metadata = new EventMetadata(Instant.EPOCH, "a", "t", UUID.randomUUID(), "s", position);
        return new FeedEvent(position, new EventMessage(EventType.PRODUCT_CREATED, "{}", metadata), "x".repeat(length));
    }

    private void add(int length, long... positions) {
        LongStream.of(positions).forEach(position -> early.add(event(position, length)));
    }

    @Test
    void givesWhatFollowsWithoutAGap() {
        add(1, 7, 5, 4, 2);

        assertThat(early.takeAfter(2, 10)).isEmpty();
        assertThat(early.takeAfter(3, 10)).extracting(FeedEvent::position).containsExactly(4L, 5L);
        assertThat(early.contains(7)).isTrue();
    }

    @Test
    void dropsWhatIsFurthestAheadWhereThereAreTooMany() {
        add(1, 5, 4, 3, 2, 1);

        assertThat(early.contains(5)).isFalse();
        assertThat(early.takeAfter(0, 10)).hasSize(4);
    }

    @Test
    void dropsWhatIsFurthestAheadWhereTheyAreTooLong() {
        add(60, 2, 1);

        assertThat(early.contains(2)).isFalse();
        assertThat(early.contains(1)).isTrue();
        early.removeUpTo(1);
        add(60, 3, 3, 3);
        assertThat(early.contains(3)).isTrue();
        add(40, 4);
        assertThat(early.takeAfter(2, 10)).hasSize(2);
    }

    @Test
    void keepsOneHoweverLongItIs() {
        add(1_000, 1);

        assertThat(early.takeAfter(0, 10)).hasSize(1);
    }
}

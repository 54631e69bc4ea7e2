package org.pmsevents.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.tracing.TraceId;

/** An event is remembered for as long as its flow may ask for it, and no longer. */
@Pure
class EventProgressTest {
    private static EventMessage event() {
        var id = UuidV7.next(Clock.systemUTC());
        var metadata = new EventMetadata(Instant.EPOCH, "ada", TraceId.random(), id, "S", 1L);
        return new EventMessage(EventType.PRODUCT_CREATED, "{}", metadata);
    }

    private static UUID publishedAndDispatched(EventProgress progress, EventMessage event) {
        var events = List.of(new FeedEvent(1, event, "{}"));
        progress.markPublished(events);
        progress.markDispatched(events);
        return event.metadata().id();
    }

    private static boolean isDone(Uni<Void> asked) {
        return asked.subscribeAsCompletionStage().isDone();
    }

    @Test
    void aFlowThatAsksAfterTheHandlersHaveEndedIsAnsweredAtOnce() {
        var progress = new EventProgress(Duration.ofHours(1));
        var event = event();
        var id = publishedAndDispatched(progress, event);
        progress.forget(event);
        progress.forget(event());
        assertThat(isDone(progress.published(id))).isTrue();
        assertThat(isDone(progress.dispatched(id))).isTrue();
    }

    @Test
    void anEventIsForgottenOnceItsFlowMustHaveAnswered() {
        var progress = new EventProgress(Duration.ofMillis(1));
        var event = event();
        var id = publishedAndDispatched(progress, event);
        progress.forget(event);
        await().until(() -> {
            progress.forget(event());
            return !isDone(progress.published(id)) && !isDone(progress.dispatched(id));
        });
    }

    @Test
    void aFlowThatAsksBeforeIsAnsweredWhenItHappens() {
        var progress = new EventProgress(Duration.ofHours(1));
        var event = event();
        var asked = progress.dispatched(event.metadata().id()).subscribeAsCompletionStage();
        assertThat(asked.isDone()).isFalse();
        publishedAndDispatched(progress, event);
        assertThat(asked.isDone()).isTrue();
    }
}

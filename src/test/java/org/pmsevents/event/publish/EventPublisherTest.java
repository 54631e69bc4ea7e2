package org.pmsevents.event.publish;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventCounts;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.Dispatcher;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.log.Sequencer;
import org.pmsevents.event.transport.RedisPublisher;

@QuarkusTest
class EventPublisherTest {
    @Inject
    EventTable events;

    @Inject
    Sequencer sequencer;

    @Inject
    EventProgress progress;

    @Inject
    RedisPublisher redisPublisher;

    @Inject
    EventCodec codec;

    @Inject
    EventSpans spans;

    @Inject
    EventCounts counts;

    @Inject
    Clock clock;

    /** A request may be answered after that, and its change is committed. */
    @Test
    void anAnnouncementAfterTheEventLoopsHaveEndedDoesNotFail() {
        var vertx = Vertx.vertx();
        var dispatcher = new Dispatcher(vertx, progress, spans, new SimpleMeterRegistry());
        vertx.close().toCompletionStage().toCompletableFuture().join();
        var publisher = new EventPublisher(
                events, sequencer, progress, dispatcher, redisPublisher, codec, spans, counts, clock);
        var event = publisher.event(EventType.METRICS_RESOURCES, "x", Map.of(), RequestContext.system());
        assertThatThrownBy(() -> dispatcher.announce(event)).isInstanceOf(RuntimeException.class);

        for (var type : new EventType[] {EventType.QUEUE_NEW, EventType.METRICS_RESOURCES}) {
            assertThatCode(() -> publisher.emit(type, "x", Map.of(), RequestContext.system()))
                    .doesNotThrowAnyException();
        }
    }
}

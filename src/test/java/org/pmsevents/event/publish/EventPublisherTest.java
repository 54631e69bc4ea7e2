package org.pmsevents.event.publish;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Vertx;
import io.vertx.mutiny.redis.client.Redis;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
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
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.identity.ReplicaName;

@QuarkusTest
class EventPublisherTest {
    @Inject
    EventTable events;

    @Inject
    Sequencer sequencer;

    @Inject
    EventProgress progress;

    @Inject
    Dispatcher dispatcher;

    @Inject
    Redis redis;

    @Inject
    RedisConfig config;

    @Inject
    ReplicaName replica;

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
        var ended = new RedisPublisher(redis, config, replica, vertx, new SimpleMeterRegistry());
        vertx.close().toCompletionStage().toCompletableFuture().join();
        assertThatThrownBy(() -> ended.cluster("{}")).isInstanceOf(RejectedExecutionException.class);

        var closing = new RedisPublisher(redis, config, replica, vertx, new SimpleMeterRegistry());
        var publisher =
                new EventPublisher(events, sequencer, progress, dispatcher, closing, codec, spans, counts, clock);
        assertThatCode(() -> publisher.emit(EventType.QUEUE_NEW, "x", Map.of(), RequestContext.system()))
                .doesNotThrowAnyException();
    }
}

package org.pmsevents.event.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.tracing.Tracing;

/** A feed of its own beside the service's, to have it begin at a chosen moment. */
@QuarkusTest
class FeedSubscriptionsTest {
    private final Client editor = Client.editor();

    @Inject
    EventTable events;

    @Inject
    Pool pool;

    @Inject
    FeedConfig config;

    @Test
    void whoSubscribesBeforeTheReplicaHasJoinedTheFeedMissesNothing() throws Exception {
        var vertx = Vertx.vertx();
        try {
            var meters = new SimpleMeterRegistry();
            var dispatcher = new Dispatcher(vertx, new EventProgress(), new EventSpans(Tracing.OFF), meters);
            var feed = new Feed(events, pool, dispatcher, vertx, meters);
            var subscriptions =
                    new FeedSubscriptions(feed, new CatchUpReads(feed, events, pool, vertx, config, meters), vertx);
            var group = subscriptions.group();
            dispatcher.inOrder("subscriptions", group::deliver);
            long begin = editor.head();
            var subscriber = new Subscriber();

            group.after(begin, subscriber);
            subscriber.caughtUp.get(10, TimeUnit.SECONDS);
            var goneOn = new CompletableFuture<Void>();
            subscriptions.onContext(() -> goneOn.complete(null));
            goneOn.get(10, TimeUnit.SECONDS);
            editor.create(Client.newSku("BEFORE"));
            feed.start(editor.head());
            editor.create(Client.newSku("AFTER"));
            await().until(() -> editor.head() >= begin + 2);
            long end = editor.head();
            feed.heardOf(end);

            await().until(() -> subscriber.upTo >= end);
            assertThat(subscriber.positions).startsWith(begin + 1, begin + 2);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static final class Subscriber implements FeedSubscriptions.Subscriber {
        private final CompletableFuture<Void> caughtUp = new CompletableFuture<>();
        private final List<Long> positions = new CopyOnWriteArrayList<>();
        private volatile long upTo;

        @Override
        public void subscribed(long position, String epoch) {}

        @Override
        public void reset(long oldest, long head, String epoch) {
            throw new AssertionError("a reset");
        }

        @Override
        public void restarted(long oldest, long head, String epoch) {
            throw new AssertionError("a new epoch");
        }

        @Override
        public void dropped() {
            throw new AssertionError("dropped");
        }

        @Override
        public void unavailable() {
            throw new AssertionError("not to be had");
        }

        @Override
        public void take(FeedBatch batch) {
            batch.events().forEach(event -> positions.add(event.position()));
            upTo = batch.upTo();
        }

        @Override
        public Uni<Void> ready() {
            caughtUp.complete(null);
            return Uni.createFrom().voidItem();
        }
    }
}

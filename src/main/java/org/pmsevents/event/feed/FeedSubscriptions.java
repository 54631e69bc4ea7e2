package org.pmsevents.event.feed;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.log.EventTable;

/**
 * Gives each subscriber of this replica the feed from where it wants it, in position order without a hole: first from
 * PostgreSQL, at the subscriber's own pace, then live. Each way of delivery has a group of its own, which is registered with the
 * {@link Dispatcher}. All state belongs to the feed's context.
 */
@ApplicationScoped
public class FeedSubscriptions {
    private static final Logger LOG = Logger.getLogger(FeedSubscriptions.class);
    private static final int BATCH = 500;
    private static final int RETRY_MILLIS = 1_000;
    private static final int NOT_STARTED_MILLIS = 100;
    /** However many are behind: the changes need connections, too. */
    private static final int READS_AT_ONCE = 4;

    private static final Set<EventType> ALL = EnumSet.allOf(EventType.class);

    private final Feed feed;
    private final EventTable events;
    private final Pool pool;
    private final Vertx vertx;
    private final Queue<Runnable> waitingReads = new ArrayDeque<>();
    private int reads;

    FeedSubscriptions(Feed feed, EventTable events, Pool pool, Vertx vertx) {
        this.feed = feed;
        this.events = events;
        this.pool = pool;
        this.vertx = vertx;
    }

    /** Takes what a subscription brings; called on the feed's context. */
    public interface Subscriber {
        /** The subscription holds: everything after the position will come, and is first told of after this call. */
        void subscribed(long position);

        /** The position asked for is not kept, or never was; {@link #subscribed} follows with where it goes on. */
        void reset(long oldest, long head);

        /** PostgreSQL can't be asked for the position; there is no subscription. */
        void unavailable();

        /** The next events, all of them, matching or not. */
        void take(FeedBatch batch);

        /** Completes once more can be taken; asked only while the subscriber is behind, and so sets its own pace. */
        default Uni<Void> ready() {
            return Uni.createFrom().voidItem();
        }
    }

    /** One subscriber's place in the feed. */
    public final class Subscription {
        private final Group group;
        private final Subscriber subscriber;
        private long position;
        private boolean ended;

        private Subscription(Group group, Subscriber subscriber) {
            this.group = group;
            this.subscriber = subscriber;
        }

        /** Everything up to here has been handed to the subscriber; read on the feed's context. */
        public long position() {
            return position;
        }

        /** Ends the subscription; nothing is handed out any more. */
        public void end() {
            feed.onContext(() -> {
                ended = true;
                group.live.remove(this);
            });
        }
    }

    /** Runs on the context on which subscribers are called. */
    public void onContext(Runnable work) {
        feed.onContext(work);
    }

    /** A new group, without subscribers. */
    public Group group() {
        return new Group();
    }

    /** The subscribers of one way of delivery, which are handed each batch together. */
    public final class Group {
        private final Set<Subscription> live = new HashSet<>();
        private long handed = -1;

        private Group() {}

        /** Subscribes to what comes from now on. */
        public Subscription fromNow(Subscriber subscriber) {
            var subscription = new Subscription(this, subscriber);
            feed.onContext(() -> goLive(subscription));
            return subscription;
        }

        /** Subscribes to everything after a position. */
        public Subscription after(long position, Subscriber subscriber) {
            var subscription = new Subscription(this, subscriber);
            subscription.position = position;
            read(
                    subscription,
                    first -> {
                        if (position > first.head() || first.expired(position)) {
                            subscriber.reset(first.pruned() + 1, first.head());
                            goLive(subscription);
                        } else {
                            subscriber.subscribed(position);
                            hand(subscription, first);
                        }
                    },
                    subscriber::unavailable);
            return subscription;
        }

        /** Hands a batch to everyone who is live: an ordered consumer of the dispatcher. */
        public Uni<Void> deliver(FeedBatch batch) {
            handed = batch.upTo();
            List.copyOf(live).forEach(subscription -> take(subscription, batch));
            return Uni.createFrom().voidItem();
        }

        /** The position up to which everything has been handed to those who are live. */
        private long reached() {
            return Math.max(handed, feed.position());
        }
    }

    private void goLive(Subscription subscription) {
        if (!feed.started()) {
            subscription.subscriber.unavailable();
            return;
        }
        long position = subscription.group.reached();
        subscription.position = position;
        if (!subscription.ended) {
            subscription.group.live.add(subscription);
            subscription.subscriber.subscribed(position);
        }
    }

    private void catchUp(Subscription subscription) {
        read(
                subscription,
                stretch -> hand(subscription, stretch),
                () -> later(RETRY_MILLIS, () -> catchUp(subscription)));
    }

    private void later(long millis, Runnable work) {
        vertx.setTimer(millis, timer -> feed.onContext(work));
    }

    private void read(Subscription subscription, Consumer<EventTable.Stretch> then, Runnable failed) {
        feed.onContext(() -> {
            waitingReads.add(() -> readNow(subscription, then, failed));
            nextRead();
        });
    }

    private void nextRead() {
        while (reads < READS_AT_ONCE && !waitingReads.isEmpty()) {
            waitingReads.remove().run();
        }
    }

    private void readNow(Subscription subscription, Consumer<EventTable.Stretch> then, Runnable failed) {
        if (subscription.ended) {
            return;
        }
        reads++;
        events.read(pool, subscription.position, BATCH, BATCH, ALL)
                .ifNoItem()
                .after(Dispatcher.CONSUMER_TIMEOUT)
                .fail()
                .subscribe()
                .with(stretch -> done(() -> then.accept(stretch)), failure -> {
                    LOG.warnf("cannot read the feed for a subscriber: %s", failure.toString());
                    done(failed);
                });
    }

    private void done(Runnable work) {
        feed.onContext(() -> {
            reads--;
            nextRead();
            work.run();
        });
    }

    /** What was pruned between two reads is a hole, and is said. */
    private void hand(Subscription subscription, EventTable.Stretch stretch) {
        if (stretch.expired(subscription.position)) {
            subscription.subscriber.reset(stretch.pruned() + 1, stretch.head());
            goLive(subscription);
            return;
        }
        take(subscription, new FeedBatch(stretch.events(), stretch.lastLooked()));
        subscription
                .subscriber
                .ready()
                .subscribe()
                .with(ready -> feed.onContext(() -> goOn(subscription)), failure -> subscription.end());
    }

    /** Before the feed has begun nobody knows from where it will: who went live then would miss what lies between. */
    private void goOn(Subscription subscription) {
        if (subscription.ended) {
            return;
        }
        if (!feed.started()) {
            later(NOT_STARTED_MILLIS, () -> catchUp(subscription));
        } else if (subscription.position >= subscription.group.reached()) {
            subscription.group.live.add(subscription);
        } else {
            catchUp(subscription);
        }
    }

    /** One that fails to take its events harms none of the others. */
    private static void take(Subscription subscription, FeedBatch batch) {
        long after = subscription.position;
        if (subscription.ended || batch.upTo() <= after) {
            return;
        }
        subscription.position = batch.upTo();
        try {
            subscription.subscriber.take(after(after, batch));
        } catch (RuntimeException e) {
            LOG.error("a subscriber failed to take events and gets no more", e);
            subscription.end();
        }
    }

    private static FeedBatch after(long position, FeedBatch batch) {
        if (batch.events().isEmpty() || batch.events().get(0).position() > position) {
            return batch;
        }
        var news = batch.events().stream()
                .filter(event -> event.position() > position)
                .toList();
        return new FeedBatch(news, batch.upTo());
    }
}

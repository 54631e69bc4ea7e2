package org.pmsevents.event.feed;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.log.EventTable;

/**
 * Delivers the feed to each subscriber of this replica from the position that it asked for, in position order and gap-free: first from
 * PostgreSQL, at the subscriber's own pace ({@link CatchUpReads}), then live. WebSockets and streams each have a group, which is
 * registered with the {@link Dispatcher}. All state belongs to the feed's context.
 */
@ApplicationScoped
public class FeedSubscriptions {
    private static final Logger LOG = Logger.getLogger(FeedSubscriptions.class);
    private static final int RETRY_MILLIS = 1_000;
    private static final int START_WAIT_MILLIS = 100;
    private final Feed feed;
    private final Vertx vertx;
    private final CatchUpReads reads;
    private final Set<Subscription> open = new HashSet<>();
    private final List<Group> groups = new CopyOnWriteArrayList<>();

    FeedSubscriptions(Feed feed, CatchUpReads reads, Vertx vertx) {
        this.feed = feed;
        this.reads = reads;
        this.vertx = vertx;
        feed.afterNewEpoch(this::restart);
    }

    /** Receives the events of a subscription. Called on the feed's context. */
    public interface Subscriber {
        /** The subscription has begun. All events after the position follow, after this call. */
        void subscribed(long position, String epoch);

        /** The position asked for is no longer stored, is beyond the head, or of another epoch. {@link #subscribed} follows. */
        void reset(long oldest, long head, String epoch);

        /** Another epoch has begun, in place of {@link #subscribed}: its events after the head follow. */
        void restarted(long oldest, long head, String epoch);

        /** The feed can't be read; there is no subscription. */
        void unavailable();

        /** Receives the next events of all types. */
        void take(FeedBatch batch);

        /** Others wait for the memory of the events that this one has not passed on: they are to be dropped. The subscription has ended. */
        void dropped();

        /** Completes once the subscriber can take more. Called only while the subscriber catches up, so it sets its own pace. */
        default Uni<Void> ready() {
            return Uni.createFrom().voidItem();
        }
    }

    /** The position of one subscriber in the feed. */
    public final class Subscription {
        private final Group group;
        private final Subscriber subscriber;
        private long position;
        private boolean ended;
        /** What was read for it and is not passed on yet. */
        private CatchUpMemory.@Nullable Part held;
        /** Counts the epochs that it has been in: what was read in an earlier one is dropped. */
        private int epochs;

        private Subscription(Group group, Subscriber subscriber) {
            this.group = group;
            this.subscriber = subscriber;
        }

        /** The position up to which the subscriber has received everything. Read on the feed's context. */
        public long position() {
            return position;
        }

        /** Ends the subscription; the subscriber receives nothing more. */
        public void end() {
            feed.onContext(() -> {
                ended = true;
                open.remove(this);
                group.live.remove(this);
                release();
            });
        }

        boolean isEnded() {
            return ended;
        }

        int epochs() {
            return epochs;
        }

        void drop() {
            end();
            subscriber.dropped();
        }

        private void release() {
            var part = held;
            held = null;
            if (part != null) {
                reads.release(part);
            }
        }
    }

    /** Runs on the context on which subscribers are called. */
    public void onContext(Runnable work) {
        feed.onContext(work);
    }

    /** Creates a group without subscribers. */
    public Group group() {
        var group = new Group();
        groups.add(group);
        return group;
    }

    /** The subscribers of one ordered consumer, which receive each batch together. */
    public final class Group {
        private final Set<Subscription> live = new HashSet<>();
        private long deliveredUpTo = -1;

        private Group() {}

        /** Subscribes to events from now on. */
        public Subscription fromNow(Subscriber subscriber) {
            var subscription = new Subscription(this, subscriber);
            feed.onContext(() -> {
                admit(subscription);
                goLive(subscription);
            });
            return subscription;
        }

        /** Subscribes to everything after a position. */
        public Subscription after(long position, Subscriber subscriber) {
            return after(position, null, subscriber);
        }

        /** The same, if that is a position of this epoch; null if the subscriber does not say. */
        public Subscription after(long position, @Nullable String epoch, Subscriber subscriber) {
            var subscription = new Subscription(this, subscriber);
            subscription.position = position;
            feed.onContext(() -> admit(subscription));
            reads.read(
                    subscription,
                    first -> {
                        boolean other = epoch != null && !epoch.equals(first.epoch());
                        if (other || position > first.head() || first.expired(position)) {
                            subscriber.reset(first.pruned() + 1, first.head(), first.epoch());
                            goLive(subscription);
                        } else {
                            subscriber.subscribed(position, first.epoch());
                            hand(subscription, first);
                        }
                    },
                    () -> refuse(subscription));
            return subscription;
        }

        /** Delivers a batch to all live subscribers. Registered as an ordered consumer of the dispatcher. */
        public Uni<Void> deliver(FeedBatch batch) {
            deliveredUpTo = batch.upTo();
            List.copyOf(live).forEach(subscription -> take(subscription, batch));
            return Uni.createFrom().voidItem();
        }

        /** The position up to which live subscribers have received everything. */
        private long reached() {
            return Math.max(deliveredUpTo, feed.position());
        }
    }

    private void admit(Subscription subscription) {
        if (!subscription.ended) {
            open.add(subscription);
        }
    }

    /** Tells every subscriber of a new epoch, and goes on with its events. Reads under way are dropped. */
    private void restart(EventTable.State state) {
        var epoch = state.feedId().toString();
        groups.forEach(group -> group.deliveredUpTo = -1);
        for (var subscription : List.copyOf(open)) {
            subscription.epochs++;
            subscription.position = state.head();
            try {
                subscription.subscriber.restarted(state.pruned() + 1, state.head(), epoch);
                subscription.group.live.add(subscription);
            } catch (RuntimeException e) {
                LOG.error("a subscriber failed and its subscription is ended", e);
                subscription.end();
            }
        }
    }

    private void goLive(Subscription subscription) {
        if (!feed.started()) {
            refuse(subscription);
            return;
        }
        long position = subscription.group.reached();
        subscription.position = position;
        if (!subscription.ended) {
            subscription.group.live.add(subscription);
            subscription.subscriber.subscribed(position, feed.id());
        }
    }

    private static void refuse(Subscription subscription) {
        subscription.end();
        subscription.subscriber.unavailable();
    }

    private void catchUp(Subscription subscription) {
        reads.read(
                subscription,
                stretch -> hand(subscription, stretch),
                () -> later(RETRY_MILLIS, () -> catchUp(subscription)));
    }

    private void later(long millis, Runnable work) {
        vertx.setTimer(millis, timer -> feed.onContext(work));
    }

    /** Events that were pruned between two reads are missing; the subscriber gets a reset. */
    private void hand(Subscription subscription, EventTable.Stretch stretch) {
        if (stretch.expired(subscription.position)) {
            subscription.subscriber.reset(stretch.pruned() + 1, stretch.head(), stretch.epoch());
            goLive(subscription);
            return;
        }
        int inEpoch = subscription.epochs;
        subscription.held = reads.hold(subscription, stretch);
        take(subscription, new FeedBatch(stretch.events(), stretch.lastLooked()));
        subscription
                .subscriber
                .ready()
                .subscribe()
                .with(
                        ready -> feed.onContext(() -> {
                            subscription.release();
                            goOn(subscription, inEpoch);
                        }),
                        failure -> subscription.end());
    }

    /** Waits for the feed to start: a subscriber that went live before could miss the events up to the starting position. */
    private void goOn(Subscription subscription, int inEpoch) {
        if (subscription.ended || subscription.epochs != inEpoch) {
            return;
        }
        if (!feed.started()) {
            later(START_WAIT_MILLIS, () -> catchUp(subscription));
        } else if (subscription.position >= subscription.group.reached()) {
            subscription.group.live.add(subscription);
        } else {
            catchUp(subscription);
        }
    }

    /** A subscriber that fails is ended, and does not affect the others. */
    private static void take(Subscription subscription, FeedBatch batch) {
        long after = subscription.position;
        if (subscription.ended || batch.upTo() <= after) {
            return;
        }
        subscription.position = batch.upTo();
        try {
            subscription.subscriber.take(after(after, batch));
        } catch (RuntimeException e) {
            LOG.error("a subscriber failed and its subscription is ended", e);
            subscription.end();
        }
    }

    private static FeedBatch after(long position, FeedBatch batch) {
        if (batch.events().isEmpty() || batch.events().get(0).position() > position) {
            return batch;
        }
        var newEvents = batch.events().stream()
                .filter(event -> event.position() > position)
                .toList();
        return new FeedBatch(newEvents, batch.upTo());
    }
}

package org.pmsevents.event.feed;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.event.feed.FeedSubscriptions.Subscription;
import org.pmsevents.event.log.EventTable;

/**
 * Reads the feed for subscribers that are behind: few at a time, in the order in which they ask, and within a bound of memory for all
 * of them together. Where there is no more room, the one that has not passed on its events for longest is dropped, so that those that
 * never read can't keep the others out. All state belongs to the feed's context.
 */
@Singleton
class CatchUpReads {
    private static final Logger LOG = Logger.getLogger(CatchUpReads.class);
    private static final int BATCH = 500;
    /** Leaves database connections for changes. */
    private static final int AT_ONCE = 4;
    /** How long a subscriber may hold the events that were read for it while others wait for the memory. */
    private static final int PATIENCE_MILLIS = 1_000;

    private static final int MEMORY_WAIT_MILLIS = 100;

    private static final Set<EventType> ALL = EnumSet.allOf(EventType.class);

    private final Feed feed;
    private final EventTable events;
    private final Pool pool;
    private final Vertx vertx;
    private final CatchUpMemory memory;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int running;
    private boolean waitsForMemory;

    CatchUpReads(Feed feed, EventTable events, Pool pool, Vertx vertx, FeedConfig config, MeterRegistry meters) {
        this.feed = feed;
        this.events = events;
        this.pool = pool;
        this.vertx = vertx;
        this.memory = new CatchUpMemory(config.catchUpBytes(), TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS));
        meters.gauge("pms.feed.catch.up.bytes", memory, CatchUpMemory::taken);
    }

    /** Reads what follows the position of the subscription; neither is called if it has ended or is in another epoch by then. */
    void read(Subscription subscription, Consumer<EventTable.Stretch> then, Runnable failed) {
        feed.onContext(() -> {
            int epochs = subscription.epochs();
            waiting.add(() -> readNow(subscription, then, failed, epochs));
            next();
        });
    }

    /** Counts events as held by the subscription until {@link #release}. */
    CatchUpMemory.Part hold(Subscription subscription, EventTable.Stretch stretch) {
        long bytes = 0;
        for (var event : stretch.events()) {
            bytes += event.json().length();
        }
        return memory.take(subscription, bytes);
    }

    void release(CatchUpMemory.Part part) {
        part.release();
        next();
    }

    private void next() {
        while (running < AT_ONCE && !waiting.isEmpty()) {
            if (!memory.hasRoom() && !dropSlowest()) {
                waitForMemory();
                return;
            }
            waiting.remove().run();
        }
    }

    /** Returns whether there is room. */
    private boolean dropSlowest() {
        var overdue = memory.overdue();
        if (overdue == null) {
            return false;
        }
        overdue.release();
        try {
            overdue.holder().drop();
        } catch (RuntimeException e) {
            LOG.error("a subscriber failed while it was dropped", e);
        }
        return memory.hasRoom();
    }

    private void waitForMemory() {
        if (!waitsForMemory) {
            waitsForMemory = true;
            vertx.setTimer(
                    MEMORY_WAIT_MILLIS,
                    timer -> feed.onContext(() -> {
                        waitsForMemory = false;
                        next();
                    }));
        }
    }

    private void readNow(Subscription subscription, Consumer<EventTable.Stretch> then, Runnable failed, int inEpoch) {
        if (!isWanted(subscription, inEpoch)) {
            return;
        }
        running++;
        events.read(pool, subscription.position(), BATCH, BATCH, ALL)
                .ifNoItem()
                .after(Dispatcher.CONSUMER_TIMEOUT)
                .fail()
                .subscribe()
                .with(stretch -> done(subscription, inEpoch, () -> then.accept(stretch)), failure -> {
                    LOG.warnf("cannot read the feed for a subscriber: %s", failure.toString());
                    done(subscription, inEpoch, failed);
                });
    }

    private void done(Subscription subscription, int inEpoch, Runnable work) {
        feed.onContext(() -> {
            running--;
            next();
            if (isWanted(subscription, inEpoch)) {
                work.run();
            }
        });
    }

    private static boolean isWanted(Subscription subscription, int inEpoch) {
        return !subscription.isEnded() && subscription.epochs() == inEpoch;
    }
}

package org.pmsevents.event.feed;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;

/**
 * Follows the feed on this replica. Orders the events from the sequencer and from Redis by position, fills gaps from PostgreSQL, and passes
 * every position exactly once to the {@link Dispatcher}. Its state belongs to one event-loop context.
 */
@ApplicationScoped
public class Feed {
    private static final Logger LOG = Logger.getLogger(Feed.class);
    private static final int BATCH = 500;
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(1);
    /** How long to wait for a missing position before it is read from PostgreSQL: messages can overtake each other. */
    private static final long GAP_WAIT_MILLIS = 20;

    /** How many events after a missing position are kept in memory. Further ones are read from PostgreSQL later. */
    private static final int MAX_EARLY = 10_000;

    private static final EnumSet<EventType> ALL = EnumSet.allOf(EventType.class);

    private final EventTable events;
    private final Pool pool;
    private final Dispatcher dispatcher;
    private final Vertx vertx;
    private final Context context;

    private final TreeMap<Long, FeedEvent> early = new TreeMap<>();
    private volatile long position = -1;
    private volatile long head;
    /** Whether committed events were without a position at the last poll of PostgreSQL. */
    private volatile boolean waiting;

    private final StalenessBound stalenessBound = new StalenessBound();
    private final CompletableFuture<Long> joined = new CompletableFuture<>();
    private volatile String id = "";
    private boolean dispatching;
    private boolean reading;

    Feed(EventTable events, Pool pool, Dispatcher dispatcher, Vertx vertx, MeterRegistry meters) {
        this.events = events;
        this.pool = pool;
        this.dispatcher = dispatcher;
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        meters.gauge("pms.feed.position", this, feed -> feed.position);
        meters.gauge("pms.feed.head", this, feed -> feed.head);
        meters.gauge("pms.feed.waiting", this, feed -> feed.waiting ? 1 : 0);
        meters.gauge("pms.feed.lag", this, feed -> feed.started() ? Math.max(0, feed.head - feed.position) : 0);
    }

    /** Joins a feed at the given head. */
    public void join(UUID feedId, long head) {
        id = feedId.toString();
        start(head);
        joined.complete(head);
    }

    /** Starts after the given head. Events that have arrived already are kept if they are newer. */
    void start(long head) {
        context.runOnContext(go -> {
            this.head = Math.max(this.head, head);
            position = head;
            stalenessBound.reached(head);
            early.headMap(head, true).clear();
            advance();
        });
    }

    public boolean started() {
        return position >= 0;
    }

    /** The last position dispatched here; -1 before the start. */
    public long position() {
        return position;
    }

    /** The highest position that this replica knows of; PostgreSQL may be ahead. */
    public long head() {
        return head;
    }

    /** Completes with the head at which this replica joined, once it has joined. */
    public Uni<Long> joined() {
        return Uni.createFrom().completionStage(joined::copy);
    }

    /** The feed id. Positions of different feeds can't be compared. */
    public String id() {
        return id;
    }

    /** The time for which this replica may have missed events. Everything committed before that has been dispatched here. */
    public Duration uncertainFor() {
        return stalenessBound.age();
    }

    /** Reads the head from PostgreSQL now instead of at the next poll. Fails if PostgreSQL does not respond within 1 s. */
    public Uni<Void> look() {
        return Uni.createFrom().deferred(() -> {
            long asked = System.nanoTime();
            return events.state(pool)
                    .ifNoItem()
                    .after(LOOK_TIMEOUT)
                    .fail()
                    .invoke(state -> heardOf(state, asked))
                    .replaceWithVoid();
        });
    }

    /** Accepts events with positions from any source, in any order, any number of times. */
    public void offer(List<FeedEvent> arrived) {
        context.runOnContext(go -> {
            for (var event : arrived) {
                if (event.position() > position) {
                    early.put(event.position(), event);
                }
                head = Math.max(head, event.position());
            }
            while (early.size() > MAX_EARLY) {
                early.pollLastEntry();
            }
            advance();
        });
    }

    /** Updates the head from PostgreSQL, and retries a read that failed before. */
    public void heardOf(long head) {
        if (head > position) {
            context.runOnContext(go -> {
                this.head = Math.max(this.head, head);
                advance();
            });
        }
    }

    /** Updates the head and the staleness bound. {@code asked} is the time of the query, by {@link System#nanoTime}. */
    public void heardOf(EventTable.State state, long asked) {
        var waited = state.waited();
        stalenessBound.seek(state.head(), waited == null ? asked : asked - waited.toNanos(), position);
        waiting = state.waiting();
        heardOf(state.head());
    }

    /** Runs work on the context of the ordered consumers, so never at the same time as one of them. */
    void onContext(Runnable work) {
        context.runOnContext(go -> work.run());
    }

    private void advance() {
        if (dispatching || !started()) {
            return;
        }
        var batch = next();
        if (!batch.isEmpty()) {
            dispatch(new FeedBatch(batch, position + batch.size()));
        } else if (head > position && !reading) {
            reading = true;
            vertx.setTimer(GAP_WAIT_MILLIS, timer -> context.runOnContext(go -> fillGap()));
        }
    }

    private List<FeedEvent> next() {
        var batch = new ArrayList<FeedEvent>();
        var first = early.firstEntry();
        while (first != null && first.getKey() == position + batch.size() + 1 && batch.size() < BATCH) {
            batch.add(first.getValue());
            early.pollFirstEntry();
            first = early.firstEntry();
        }
        return batch;
    }

    private void dispatch(FeedBatch batch) {
        dispatching = true;
        Uni.createFrom()
                .deferred(() -> dispatcher.dispatch(batch))
                .subscribe()
                .with(done -> dispatched(batch.upTo()), failure -> {
                    LOG.error("a dispatch failed, which should never happen", failure);
                    dispatched(batch.upTo());
                });
    }

    private void dispatched(long upTo) {
        context.runOnContext(go -> {
            position = upTo;
            stalenessBound.reached(upTo);
            early.headMap(upTo, true).clear();
            dispatching = false;
            advance();
        });
    }

    private void fillGap() {
        if (dispatching || head <= position || early.containsKey(position + 1)) {
            reading = false;
            advance();
            return;
        }
        events.read(pool, position, BATCH, BATCH, ALL)
                .ifNoItem()
                .after(Dispatcher.CONSUMER_TIMEOUT)
                .fail()
                .subscribe()
                .with(
                        stretch -> context.runOnContext(go -> filled(stretch)),
                        failure -> context.runOnContext(go -> {
                            LOG.warnf("cannot read the feed after %d: %s", position, failure.toString());
                            reading = false;
                        }));
    }

    private void filled(EventTable.Stretch stretch) {
        reading = false;
        head = Math.max(head, stretch.head());
        if (stretch.lastLooked() > position && !dispatching) {
            var newEvents = stretch.events().stream()
                    .filter(event -> event.position() > position)
                    .toList();
            dispatch(new FeedBatch(newEvents, stretch.lastLooked()));
        } else {
            advance();
        }
    }
}

package org.pmsevents.event.feed;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;

/**
 * Follows the feed on this replica. Orders the events from the sequencer and from Redis by position, fills gaps from PostgreSQL, and passes
 * every position exactly once to the {@link Dispatcher}. Its state belongs to one event-loop context. When another epoch begins, it
 * begins anew at the head of that: what was learnt in the earlier epoch is dropped.
 */
@ApplicationScoped
public class Feed {
    private static final Logger LOG = Logger.getLogger(Feed.class);
    private static final int BATCH = 500;
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(1);
    /** How long to wait for a missing position before it is read from PostgreSQL: messages can overtake each other. */
    private static final long GAP_WAIT_MILLIS = 20;

    /** How many events after a missing position are kept in memory, and how long they may be. Further ones are read later. */
    private static final int MAX_EARLY = 10_000;

    private static final long MAX_EARLY_CHARACTERS = 16 << 20;

    private static final EnumSet<EventType> ALL = EnumSet.allOf(EventType.class);

    private final EventTable events;
    private final Pool pool;
    private final Dispatcher dispatcher;
    private final Vertx vertx;
    private final Context context;

    private final EarlyEvents early = new EarlyEvents(MAX_EARLY, MAX_EARLY_CHARACTERS);
    private final RecentEvents recent = new RecentEvents();
    private final List<Consumer<String>> forgetters = new CopyOnWriteArrayList<>();
    private final List<Consumer<EventTable.State>> restarts = new CopyOnWriteArrayList<>();
    /** Begins another epoch as soon as the batch of the earlier one is dispatched. */
    private @Nullable Runnable restart;

    private int generation;
    private volatile boolean contradicted;
    private volatile long position = -1;
    private volatile long head;
    /** Whether committed events were without a position at the last poll of PostgreSQL. */
    private volatile boolean waiting;

    private final StalenessBound stalenessBound = new StalenessBound();
    private final CompletableFuture<Long> joined = new CompletableFuture<>();
    private volatile String id = "";
    private volatile String previousId = "";
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
    public void join(EventTable.State state) {
        name(state);
        start(state.head(), state.headEvent());
        joined.complete(state.head());
    }

    /** Registers what must be forgotten when another epoch begins, before anything of that is dispatched. Called with the new feed id. */
    public void onNewEpoch(Consumer<String> forgetter) {
        forgetters.add(forgetter);
    }

    /** Registers who is told of another epoch after the forgetters. Called on the feed's context. */
    void afterNewEpoch(Consumer<EventTable.State> listener) {
        restarts.add(listener);
    }

    /** Leaves the epoch for another one, at its head. Completes when everything of the earlier one is forgotten. */
    public Uni<Void> restart(EventTable.State state) {
        return Uni.createFrom()
                .<Void>emitter(done -> context.runOnContext(go -> {
                    restart = () -> {
                        begin(state);
                        done.complete(null);
                    };
                    if (!dispatching) {
                        restartNow();
                    }
                }));
    }

    private void name(EventTable.State state) {
        previousId = state.previousId() == null ? "" : state.previousId().toString();
        id = state.feedId().toString();
    }

    private void restartNow() {
        var due = restart;
        restart = null;
        if (due != null) {
            due.run();
            advance();
        }
    }

    private void begin(EventTable.State state) {
        generation++;
        early.clear();
        reading = false;
        waiting = false;
        stalenessBound.restart();
        recent.restart(state.head(), state.headEvent());
        contradicted = false;
        name(state);
        head = state.head();
        position = state.head();
        tell(forgetters, id);
        tell(restarts, state);
    }

    private static <T> void tell(List<Consumer<T>> listeners, T what) {
        for (var listener : listeners) {
            try {
                listener.accept(what);
            } catch (RuntimeException e) {
                LOG.error("a listener failed on a new epoch", e);
            }
        }
    }

    /** Starts after the given head. Events that have arrived already are kept if they are newer. */
    void start(long head) {
        start(head, null);
    }

    private void start(long head, @Nullable UUID event) {
        context.runOnContext(go -> {
            recent.restart(head, event);
            this.head = Math.max(this.head, head);
            position = head;
            stalenessBound.reached(head);
            early.removeUpTo(head);
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

    /** The id of the epoch whose place this one took in the same database; empty if it took none. */
    public String previousId() {
        return previousId;
    }

    /** The feed id, which names the epoch. Positions of different epochs can't be compared. */
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
            long reached = position;
            return events.state(pool)
                    .ifNoItem()
                    .after(LOOK_TIMEOUT)
                    .fail()
                    .invoke(state -> heardOf(state, asked, reached))
                    .replaceWithVoid();
        });
    }

    /** Accepts events of an epoch with positions from any source, in any order, any number of times. Those of another epoch are dropped. */
    public void offer(String epoch, List<FeedEvent> arrived) {
        context.runOnContext(go -> {
            if (!epoch.equals(id)) {
                return;
            }
            for (var event : arrived) {
                if (event.position() > position) {
                    early.add(event);
                } else if (recent.contradicts(event)) {
                    contradicted = true;
                }
                head = Math.max(head, event.position());
            }
            advance();
        });
    }

    /** Whether events have arrived whose positions were those of other events here: the database may have gone back. */
    public boolean isContradicted() {
        return contradicted;
    }

    /** The contradiction was looked into, and was none. */
    public void settled() {
        contradicted = false;
    }

    /** The latest events that were dispatched here. Any thread. */
    public EventTable.Known recent() {
        return recent.all();
    }

    /** Few of them, enough to notice at most polls that the database has gone back. Any thread. */
    public EventTable.Known latest() {
        return recent.latest();
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

    /**
     * Updates the head and the staleness bound, unless the state is of another epoch or of a database that has gone back.
     *
     * @param asked the time of the query, by {@link System#nanoTime}
     * @param reached the position of this replica before the query
     */
    public void heardOf(EventTable.State state, long asked, long reached) {
        if (!id.isEmpty() && (!state.feedId().toString().equals(id) || state.head() < reached || state.rewritten())) {
            return;
        }
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
        if (restart != null && !dispatching) {
            restartNow();
            return;
        }
        if (dispatching || !started()) {
            return;
        }
        var batch = early.takeAfter(position, BATCH);
        if (!batch.isEmpty()) {
            dispatch(new FeedBatch(batch, position + batch.size()));
        } else if (head > position && !reading) {
            reading = true;
            int begun = generation;
            vertx.setTimer(
                    GAP_WAIT_MILLIS,
                    timer -> context.runOnContext(go -> {
                        if (begun == generation) {
                            fillGap();
                        }
                    }));
        }
    }

    private void dispatch(FeedBatch batch) {
        dispatching = true;
        Uni.createFrom()
                .deferred(() -> dispatcher.dispatch(batch))
                .subscribe()
                .with(done -> dispatched(batch), failure -> {
                    LOG.error("a dispatch failed, which should never happen", failure);
                    dispatched(batch);
                });
    }

    private void dispatched(FeedBatch batch) {
        long upTo = batch.upTo();
        context.runOnContext(go -> {
            recent.add(batch.events());
            position = upTo;
            stalenessBound.reached(upTo);
            early.removeUpTo(upTo);
            dispatching = false;
            advance();
        });
    }

    private void fillGap() {
        if (dispatching || head <= position || early.contains(position + 1)) {
            reading = false;
            advance();
            return;
        }
        int begun = generation;
        events.read(pool, position, BATCH, BATCH, ALL)
                .ifNoItem()
                .after(Dispatcher.CONSUMER_TIMEOUT)
                .fail()
                .subscribe()
                .with(
                        stretch -> context.runOnContext(go -> filled(stretch, begun)),
                        failure -> context.runOnContext(go -> {
                            LOG.warnf("cannot read the feed after %d: %s", position, failure.toString());
                            reading &= begun != generation;
                        }));
    }

    private void filled(EventTable.Stretch stretch, int begun) {
        if (begun != generation) {
            return;
        }
        reading = false;
        if (!id.isEmpty() && !stretch.epoch().equals(id)) {
            return;
        }
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

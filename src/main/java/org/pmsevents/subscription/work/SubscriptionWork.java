package org.pmsevents.subscription.work;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.ReplicaName;
import org.pmsevents.platform.periodic.Coalescer;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.shutdown.Draining;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.Sender;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionFilter;

/**
 * Delivers this replica's share of the subscriptions. Its state belongs to one event-loop context. Events come as the feed is dispatched;
 * those that are behind are read for all subscriptions together, one page at a time. What was delivered is stored once a second, for all
 * of them in one statement, so that a replica that is killed repeats at most what it has delivered in the last second.
 */
@ApplicationScoped
public class SubscriptionWork {
    private static final Logger LOG = Logger.getLogger(SubscriptionWork.class);

    /** How long a delivery is tried again before its subscription is disabled. */
    private static final Duration GIVE_UP_AFTER = Duration.ofHours(75);

    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration RENEW = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long AWAIT_FLUSH_MILLIS = 50;
    private static final int PAGE = 500;
    private static final int REACH = 5_000;
    private static final int MOST_CLAIMED = 50;
    private static final long UNKNOWN = -1;

    /** How many characters of events wait in a replica; beyond that those who have more than their share get no more. */
    private static final long MOST_CHARACTERS = 16L << 20;

    private final LeaseTable table;
    private final EventTable events;
    private final Pool pool;
    private final Feed feed;
    private final Vertx vertx;
    private final Context context;
    private final Periodic periodic;
    private final Clock clock;
    private final Backoff backoff;
    private final String replica;
    private final Senders senders;
    private final ProgressStore progress;
    private final Map<UUID, Owned> owned = new HashMap<>();
    private final Coalescer catchUp = new Coalescer(this::readPage, SubscriptionWork::readFailed, this::onContext);
    private Matching<Owned> matching = new Matching<>(List.of(), each -> each.subscription.filter());
    /** Up to where the feed was dispatched on this replica. */
    private long dispatched = UNKNOWN;

    private long waitingCharacters;
    /** How many pages were read. */
    private long turns;

    private long renewedAt = System.nanoTime() - RENEW.toNanos();
    private volatile int delivering;
    private volatile boolean stopping;

    SubscriptionWork(
            LeaseTable table,
            EventTable events,
            Pool pool,
            Transactions transactions,
            Feed feed,
            Vertx vertx,
            Periodic periodic,
            Clock clock,
            Backoff backoff,
            MeterRegistry meters,
            ReplicaName replica,
            Senders senders) {
        this.table = table;
        this.events = events;
        this.pool = pool;
        this.feed = feed;
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.periodic = periodic;
        this.clock = clock;
        this.backoff = backoff;
        this.replica = replica.value();
        this.senders = senders;
        this.progress = new ProgressStore(table, pool, transactions, context, this.replica);
        Gauge.builder("pms.subscriptions.delivering", () -> delivering)
                .description("subscriptions that this replica delivers")
                .register(meters);
    }

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started, Draining draining) {
        draining.onShutdown("giving back the subscriptions", this::giveBack);
        periodic.task("subscriptions.work", TICK, this::tick)
                .timeout(TIMEOUT.multipliedBy(3))
                .onFailure(failure -> LOG.debugf("cannot work off the subscriptions: %s", failure.toString()))
                .start();
    }

    /** Looks soon for what was changed, instead of at the next tick. */
    public void wake() {
        if (!stopping) {
            periodic.tick("subscriptions.work").subscribe().with(done -> {}, failure -> LOG.debug(failure.toString()));
        }
    }

    /** Ordered consumer of the feed. Returns at once. */
    public Uni<Void> offer(FeedBatch batch) {
        onContext(() -> dispatched(batch));
        return Uni.createFrom().voidItem();
    }

    /** Another epoch: the database has taken all leases, and says where each one stands. */
    public void forget(String epoch) {
        onContext(() -> {
            List.copyOf(owned.values()).forEach(this::drop);
            dispatched = UNKNOWN;
        });
        wake();
    }

    private void onContext(Runnable work) {
        context.runOnContext(go -> work.run());
    }

    private <T> Uni<T> onContext(Uni<T> work) {
        return work.emitOn(this::onContext);
    }

    private <T> Uni<T> inContext(Supplier<Uni<T>> work) {
        return Uni.createFrom()
                .<T>emitter(emitter -> onContext(() -> {
                    try {
                        work.get().subscribe().with(emitter::complete, emitter::fail);
                    } catch (RuntimeException e) {
                        emitter.fail(e);
                    }
                }));
    }

    private Uni<Void> tick() {
        return stopping || !feed.started() ? Uni.createFrom().voidItem() : inContext(this::look);
    }

    private Uni<Void> look() {
        // only at first: the feed moves its position after all of its consumers, and may be behind what was offered
        // here
        if (dispatched == UNKNOWN) {
            dispatched = feed.position();
        }
        boolean renews = System.nanoTime() - renewedAt >= RENEW.toNanos();
        if (renews) {
            renewedAt = System.nanoTime();
        }
        var renewal = renews
                ? table.heartbeat(pool, replica, LeaseTable.LEASE.toMillis())
                : Uni.createFrom().voidItem();
        return onContext(renewal)
                .chain(() -> flush(renews))
                .chain(() -> onContext(table.mine(pool, replica)))
                .invoke(this::compare)
                .chain(() -> onContext(table.shares(pool, senders.kinds())))
                .chain(this::share)
                .invoke(() -> {
                    owned.values().forEach(this::pump);
                    catchUp.demand();
                })
                .ifNoItem()
                .after(TIMEOUT.multipliedBy(2))
                .fail();
    }

    /** Gives up what others have or nobody may have, and what was changed: it is claimed again as it is now. */
    private void compare(List<LeaseTable.Mine> stored) {
        var mine = stored.stream().collect(Collectors.toMap(LeaseTable.Mine::id, Function.identity()));
        for (var each : List.copyOf(owned.values())) {
            var now = mine.get(each.subscription.id());
            if (now == null || now.version() != each.subscription.version()) {
                close(each);
            } else if (now.token() != each.subscription.token()) {
                drop(each);
            }
        }
    }

    private Uni<Void> share(LeaseTable.Shares shares) {
        int share = -Math.floorDiv(-shares.active(), Math.max(1, shares.workers()));
        long open = owned.values().stream().filter(each -> !each.closing).count();
        if (open > share) {
            owned.values().stream()
                    .filter(each -> !each.closing)
                    .sorted(Comparator.comparing(each -> each.subscription.id()))
                    .limit(open - share)
                    .toList()
                    .forEach(this::close);
        }
        int wanted = (int) Math.min(MOST_CLAIMED, share - open);
        return wanted <= 0 || stopping ? Uni.createFrom().voidItem() : claim(wanted);
    }

    private Uni<Void> claim(int most) {
        long before = System.nanoTime();
        return onContext(table.claim(pool, replica, senders.kinds(), most, LeaseTable.LEASE.toMillis()))
                .chain(claimed -> claimed.isEmpty() ? Uni.createFrom().voidItem() : begin(claimed, before));
    }

    private Uni<Void> begin(List<Subscription> claimed, long before) {
        return onContext(table.held(pool, replica, claimed)).chain(held -> {
            var positions = held.values().stream()
                    .flatMap(rows -> rows.stream().map(LeaseTable.HeldRow::position))
                    .distinct()
                    .toList();
            Uni<List<FeedEvent>> read =
                    positions.isEmpty() ? Uni.createFrom().item(List.of()) : events.at(pool, positions);
            return onContext(read)
                    .invoke(found -> begin(
                            claimed,
                            held,
                            found.stream().collect(Collectors.toMap(FeedEvent::position, Function.identity())),
                            before))
                    .replaceWithVoid();
        });
    }

    private void begin(
            List<Subscription> claimed,
            Map<UUID, List<LeaseTable.HeldRow>> held,
            Map<Long, FeedEvent> found,
            long before) {
        var lacking = new HashMap<Owned, Long>();
        for (var subscription : claimed) {
            var sender = senders.of(subscription);
            var former = owned.get(subscription.id());
            if (former != null) {
                drop(former);
            }
            var rows = held.get(subscription.id());
            if (sender == null || rows == null) {
                continue;
            }
            var stored = new ArrayList<Lanes.Held>();
            long lacks = UNKNOWN;
            for (var row : rows) {
                var event = found.get(row.position());
                if (event == null) {
                    lacks = row.position();
                } else {
                    stored.add(new Lanes.Held(event, row.head(), row.attempts(), row.since(), row.retryAt()));
                }
            }
            var lanes = new Lanes(
                    subscription.position(), stored, sender.batch(subscription), sender.lanes(subscription), backoff);
            var one = new Owned(subscription, lanes, LeaseTable.heldUntil(before));
            owned.put(subscription.id(), one);
            if (lacks != UNKNOWN) {
                lacking.put(one, lacks);
            }
        }
        changedOwned();
        lacking.forEach((one, position) -> disable(
                one,
                "position-expired",
                "The event at position " + position + ", not delivered yet, is no longer stored."));
    }

    private void changedOwned() {
        matching = new Matching<>(owned.values(), each -> each.subscription.filter());
        delivering = owned.size();
    }

    private void close(Owned each) {
        each.closing = true;
        each.live = false;
    }

    private void drop(Owned each) {
        each.closing = true;
        if (owned.remove(each.subscription.id(), each)) {
            vertx.cancelTimer(each.timer);
            changedOwned();
        }
    }

    // the feed

    private void dispatched(FeedBatch batch) {
        if (batch.upTo() <= dispatched) {
            return;
        }
        if (dispatched == UNKNOWN) {
            dispatched = batch.upTo();
            return;
        }
        long from = dispatched;
        dispatched = batch.upTo();
        matching.match(batch.events()).forEach((each, found) -> {
            if (each.live) {
                // what did not match since it came to live is looked at by now
                each.lanes.offer(List.of(), from);
                if (isFull(each) || !each.lanes.offer(found, batch.upTo())) {
                    each.live = false;
                }
                pump(each);
            }
        });
    }

    private boolean isFull(Owned each) {
        return waitingCharacters > MOST_CHARACTERS
                && each.lanes.characters() > MOST_CHARACTERS / Math.max(1, owned.size());
    }

    /** Reads one page, from the one that was read for least recently, for all that it is of use to: one far behind holds up nobody. */
    private Uni<Boolean> readPage() {
        waitingCharacters = owned.values().stream()
                .mapToLong(each -> each.lanes.characters())
                .sum();
        var behind = owned.values().stream()
                .filter(each -> !each.live && !each.closing && !isFull(each) && each.lanes.hasRoom())
                .toList();
        if (behind.isEmpty() || stopping || dispatched == UNKNOWN) {
            return Uni.createFrom().item(false);
        }
        long from = Collections.min(
                        behind,
                        Comparator.comparingLong((Owned each) -> each.readIn)
                                .thenComparingLong(each -> each.lanes.looked()))
                .lanes
                .looked();
        return onContext(events.read(pool, from, PAGE, REACH, SubscriptionFilter.FEED)
                        .ifNoItem()
                        .after(TIMEOUT)
                        .fail())
                .map(stretch -> stretch.epoch().equals(feed.id()) && give(behind, from, stretch));
    }

    /** Returns whether there is more to read at once. */
    private boolean give(List<Owned> behind, long from, EventTable.Stretch stretch) {
        var found = matching.match(stretch.events());
        turns++;
        boolean more = false;
        for (var each : behind) {
            if (owned.get(each.subscription.id()) != each || each.closing) {
                continue;
            }
            if (each.lanes.looked() < from) {
                more = true;
            } else {
                each.readIn = turns;
                more |= give(each, found.getOrDefault(each, List.of()), stretch);
            }
        }
        return more;
    }

    private boolean give(Owned each, List<FeedEvent> found, EventTable.Stretch stretch) {
        long before = each.lanes.looked();
        if (before < stretch.pruned()) {
            disable(each, "position-expired", "The events after position " + before + " are no longer stored.");
            return false;
        }
        boolean all = each.lanes.offer(found, stretch.lastLooked());
        each.live = all && each.lanes.looked() >= dispatched;
        pump(each);
        boolean mayGoOn = each.lanes.looked() > before || before < dispatched;
        return !each.live && each.lanes.hasRoom() && mayGoOn;
    }

    private static void readFailed(Throwable failure) {
        LOG.debugf("cannot read the feed for subscriptions: %s", failure.toString());
    }

    // sending

    private void pump(Owned each) {
        while (!each.closing && System.nanoTime() - each.heldUntil < 0) {
            var group = each.lanes.next(clock.millis());
            if (group == null) {
                schedule(each);
                return;
            }
            send(each, group);
        }
    }

    private void schedule(Owned each) {
        vertx.cancelTimer(each.timer);
        each.lanes
                .nextAt()
                .ifPresent(at -> each.timer = vertx.setTimer(
                        Math.max(1, Math.min(at - clock.millis(), TimeUnit.HOURS.toMillis(1))),
                        fired -> onContext(() -> pump(each))));
    }

    private void send(Owned each, Lanes.Group group) {
        var parcel = Senders.parcel(group.events());
        var by = group.events().get(0).message().metadata().context();
        senders.send(each.subscription, parcel, by)
                .subscribe()
                .with(outcome -> onContext(() -> ended(each, group, parcel, outcome)));
    }

    private void ended(Owned each, Lanes.Group group, Sender.Parcel parcel, Outcome outcome) {
        if (owned.get(each.subscription.id()) != each) {
            return;
        }
        long now = clock.millis();
        each.attempted(parcel, outcome, clock.instant());
        if (outcome.isDelivered()) {
            each.lanes.delivered(group, now);
        } else {
            var asked = outcome.retryAfter();
            each.lanes.failed(
                    group, now, outcome.kind() != Outcome.Kind.REFUSED, asked == null ? Duration.ZERO : asked);
            LOG.debugf("%s: %s", each.subscription, outcome.fault());
            if (outcome.kind() == Outcome.Kind.GONE) {
                disable(each, "gone", outcome.fault());
                return;
            }
            var oldest = each.lanes.failingSince(now - GIVE_UP_AFTER.toMillis());
            if (oldest != null) {
                disable(each, "undeliverable", undeliverable(oldest, outcome));
                return;
            }
        }
        pump(each);
        if (!each.live && !each.closing && each.lanes.hasRoom()) {
            catchUp.demand();
        }
    }

    private String undeliverable(Lanes.Group group, Outcome outcome) {
        var first = group.events().get(0);
        return "Event " + first.message().metadata().id() + " of "
                + first.message().subject() + " at position " + first.position() + " was not taken in "
                + group.attempts() + " attempts: " + outcome.fault();
    }

    /** Stores what is held, then disables it. */
    private void disable(Owned each, String reason, String error) {
        if (!each.disabling) {
            close(each);
            each.disabling = true;
            storeAndDisable(each, reason, error.replace('\0', ' '));
        }
    }

    private void storeAndDisable(Owned each, String reason, String clean) {
        if (owned.get(each.subscription.id()) != each) {
            return;
        }
        if (each.flushing) {
            vertx.setTimer(AWAIT_FLUSH_MILLIS, fired -> onContext(() -> storeAndDisable(each, reason, clean)));
            return;
        }
        store(List.of(each))
                .chain(() -> onContext(table.disable(
                        pool,
                        each.subscription.id(),
                        replica,
                        each.subscription.token(),
                        reason,
                        clean.substring(0, Math.min(1_000, clean.length())))))
                .subscribe()
                .with(
                        done -> {
                            LOG.warnf("%s is disabled (%s): %s", each.subscription, reason, clean);
                            drop(each);
                        },
                        failure -> {
                            LOG.warnf("%s could not be disabled: %s", each.subscription, failure.toString());
                            drop(each);
                        });
    }

    /** Stores what has moved, or all of them if their leases are to be renewed. */
    private Uni<Void> flush(boolean all) {
        return store(owned.values().stream()
                .filter(each -> !each.flushing && (all || each.hasMoved()))
                .filter(each -> !each.closing || each.lanes.isIdle())
                .toList());
    }

    private Uni<Void> store(Collection<Owned> some) {
        return progress.store(some, dispatched, this::drop);
    }

    /** At the end: nothing is sent any more, what is under way has a second to end, and others go on from there. */
    private Uni<Void> giveBack() {
        stopping = true;
        var idle = new CompletableFuture<@Nullable Void>();
        onContext(() -> {
            owned.values().forEach(this::close);
            awaitIdle(idle, 20);
        });
        return Uni.createFrom()
                .completionStage(idle)
                .chain(() -> inContext(() -> store(owned.values().stream()
                        .filter(each -> each.lanes.isIdle() && !each.flushing)
                        .toList())))
                .chain(() -> table.signOff(pool, replica));
    }

    private void awaitIdle(CompletableFuture<@Nullable Void> idle, int times) {
        if (times == 0 || owned.values().stream().allMatch(each -> each.lanes.isIdle() && !each.flushing)) {
            idle.complete(null);
        } else {
            vertx.setTimer(AWAIT_FLUSH_MILLIS, fired -> onContext(() -> awaitIdle(idle, times - 1)));
        }
    }
}

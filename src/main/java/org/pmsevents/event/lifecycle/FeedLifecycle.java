package org.pmsevents.event.lifecycle;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.event.handler.DurableHandlers;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.log.Sequencer;
import org.pmsevents.event.transport.RedisPublisher;
import org.pmsevents.event.transport.RedisSubscriber;
import org.pmsevents.event.transport.SequencedPublication;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.DatabaseFitness;
import org.pmsevents.platform.database.Schema;
import org.pmsevents.platform.database.UnfitDatabaseException;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.periodic.PeriodicTask;
import org.pmsevents.platform.shutdown.Draining;

/**
 * Joins the feed at the start: subscribes to Redis, then reads the head. After that, polls whether this replica is behind, whether events
 * wait for positions, whether the Redis subscription is alive, and whether the database is still in the same epoch.
 */
@ApplicationScoped
public class FeedLifecycle {
    private static final Logger LOG = Logger.getLogger(FeedLifecycle.class);
    private static final Duration JOIN_EVERY = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration PRUNE_TIMEOUT = Duration.ofSeconds(60);
    /** How often old events are deleted. */
    private static final Duration PRUNE_EVERY = Duration.ofMinutes(1);

    private final Schema schema;
    private final DatabaseFitness fitness;
    private final EventTable events;
    private final Pool pool;
    private final Feed feed;
    private final Sequencer sequencer;
    private final SequencedPublication publication;
    private final RedisPublisher redisPublisher;
    private final RedisSubscriber subscriber;
    private final DurableHandlers durableHandlers;
    private final OldTransactions oldTransactions;
    private final Retention retention;
    private final Epoch epoch;
    private final Alerts alerts;
    private final ClockWatch clock;
    private final FeedConfig config;
    private final Draining draining;
    private final Periodic periodic;
    private final PeriodicTask joining;
    private volatile boolean seesPostgres = true;
    private volatile String channel = "";

    FeedLifecycle(
            Schema schema,
            DatabaseFitness fitness,
            EventTable events,
            Pool pool,
            Feed feed,
            Sequencer sequencer,
            SequencedPublication publication,
            RedisPublisher redisPublisher,
            RedisSubscriber subscriber,
            DurableHandlers durableHandlers,
            OldTransactions oldTransactions,
            Retention retention,
            Epoch epoch,
            Alerts alerts,
            ClockWatch clock,
            FeedConfig config,
            Draining draining,
            Periodic periodic) {
        this.schema = schema;
        this.fitness = fitness;
        this.events = events;
        this.pool = pool;
        this.feed = feed;
        this.sequencer = sequencer;
        this.publication = publication;
        this.redisPublisher = redisPublisher;
        this.subscriber = subscriber;
        this.durableHandlers = durableHandlers;
        this.oldTransactions = oldTransactions;
        this.retention = retention;
        this.epoch = epoch;
        this.alerts = alerts;
        this.clock = clock;
        this.config = config;
        this.draining = draining;
        this.periodic = periodic;
        this.joining = periodic.task("feed.join", JOIN_EVERY, this::join)
                .timeout(TIMEOUT.multipliedBy(2))
                .onFailure(failure -> LOG.warnf("cannot join the feed yet: %s", failure.toString()));
    }

    /** Runs after the registration of the handlers, which observes the same event with an earlier priority. */
    void start(@Observes @Priority(StartOrder.FEED) StartupEvent started) {
        sequencer.register(publication);
        sequencer.register(sequenced -> {
            if (sequenced.epoch().equals(feed.id())) {
                feed.offer(sequenced.epoch(), sequenced.events());
                feed.heardOf(sequenced.head());
            }
        });
        sequencer.register(sequenced -> durableHandlers.wake(sequenced.events()));
        draining.onShutdown("stopping the durable handlers", durableHandlers::stop);
        joining.startNow();
    }

    void stop(@Observes ShutdownEvent stopping) {
        subscriber.close();
    }

    /** Whether the database has the migrations of this version. */
    boolean seesCurrentSchema() {
        return schema.isCurrent();
    }

    /** Whether PostgreSQL responded to the last poll. */
    boolean seesPostgres() {
        return seesPostgres;
    }

    private Uni<Void> join() {
        return schema.requireCurrent()
                .chain(fitness::require)
                .onFailure(UnfitDatabaseException.class)
                .invoke(FeedLifecycle::refuse)
                .chain(epoch::checkAtStart)
                .chain(state -> {
                    open(state);
                    return subscriber.subscribe(channel);
                })
                .chain(this::state)
                .invoke(state -> {
                    open(state);
                    feed.join(state);
                    LOG.debugf("joined the feed at position %d", state.head());
                    sequencer.trigger();
                    durableHandlers.start();
                    periodic.task("feed.poll", config.poll(), this::poll)
                            .onFailure(failure -> LOG.warnf("cannot poll the feed: %s", failure.getMessage()))
                            .start();
                    periodic.task("feed.prune", PRUNE_EVERY, this::prune)
                            .timeout(PRUNE_TIMEOUT)
                            .onFailure(failure -> LOG.warnf("cannot delete old events: %s", failure.toString()))
                            .start();
                    joining.stop();
                })
                .replaceWithVoid();
    }

    private Uni<EventTable.State> state() {
        return Uni.createFrom().deferred(() -> {
            long asked = System.nanoTime();
            return events.state(pool, feed.latest()).invoke(state -> clock.heard(asked, state.now()));
        });
    }

    /** Ends the process: what is wrong does not change by itself. */
    private static void refuse(Throwable unfit) {
        System.err.println("PMS Events can't start. " + unfit.getMessage());
        Quarkus.asyncExit(1);
    }

    private void open(EventTable.State state) {
        channel = redisPublisher.open(state.feedId());
        sequencer.inEpoch(state.feedId().toString());
    }

    /** Leaves the epoch for another one: nothing that this replica has learnt or hears of the earlier one is used any more. */
    private Uni<Void> restart(EventTable.State state) {
        LOG.warnf(
                "a new epoch of the feed has begun, %s instead of %s: starting anew at position %d",
                state.feedId(), feed.id(), state.head());
        epoch.tell(state);
        subscriber.close();
        open(state);
        return feed.restart(state)
                .invoke(durableHandlers::forget)
                .invoke(sequencer::trigger)
                .chain(() -> subscriber.subscribe(channel));
    }

    private Uni<?> poll() {
        subscriber.check(channel);
        return Uni.join().all(look(), redisPublisher.ping()).andCollectFailures();
    }

    private Uni<Void> look() {
        long asked = System.nanoTime();
        long reached = feed.position();
        return state().call(state -> state.risen()
                        ? events.raiseLowWatermark(pool)
                        : Uni.createFrom().voidItem())
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .chain(state -> epoch.check(state, reached))
                .call(state -> state.feedId().toString().equals(feed.id())
                        ? Uni.createFrom().voidItem()
                        : restart(state))
                .onItemOrFailure()
                .invoke((state, failure) -> seesPostgres = failure == null)
                .invoke(state -> {
                    feed.heardOf(state, asked, reached);
                    durableHandlers.wake();
                    if (state.waiting()) {
                        sequencer.trigger();
                    }
                })
                .replaceWithVoid();
    }

    private Uni<Void> prune() {
        return events.lowerLowWatermark(pool)
                .invoke(lowered -> {
                    if (lowered) {
                        alertOverlooked();
                        sequencer.trigger();
                    }
                })
                .chain(oldTransactions::look)
                .chain(retention::prune);
    }

    private void alertOverlooked() {
        LOG.error("found events without a position below the low watermark, they are sequenced now");
        alerts.raise(Alert.critical(
                "feed-low-watermark",
                "Events were published late",
                "Events without a position were found below the low watermark. They are sequenced now.",
                "feed",
                RequestContext.system()));
    }
}

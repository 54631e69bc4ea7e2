package org.pmsevents.event.lifecycle;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
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
import org.pmsevents.platform.database.Schema;
import org.pmsevents.platform.shutdown.Draining;

/**
 * Joins the feed at the start, Redis first and then the head, and from then on looks once in a while whether this replica is
 * behind, whether events are left to sequence, and whether the subscription still lives.
 */
@ApplicationScoped
public class FeedLifecycle {
    private static final Logger LOG = Logger.getLogger(FeedLifecycle.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration PRUNE = Duration.ofSeconds(60);

    private final Schema schema;
    private final EventTable events;
    private final Pool pool;
    private final Feed feed;
    private final Sequencer sequencer;
    private final RedisPublisher redisPublisher;
    private final RedisSubscriber subscriber;
    private final DurableHandlers primaryHandlers;
    private final Retention retention;
    private final Alerts alerts;
    private final FeedConfig config;
    private final Draining draining;
    private final Vertx vertx;
    private volatile boolean stopped;
    private volatile boolean seesPostgres = true;
    private volatile String channel = "";

    FeedLifecycle(
            Schema schema,
            EventTable events,
            Pool pool,
            Feed feed,
            Sequencer sequencer,
            RedisPublisher redisPublisher,
            RedisSubscriber subscriber,
            DurableHandlers primaryHandlers,
            Retention retention,
            Alerts alerts,
            FeedConfig config,
            Draining draining,
            Vertx vertx) {
        this.schema = schema;
        this.events = events;
        this.pool = pool;
        this.feed = feed;
        this.sequencer = sequencer;
        this.redisPublisher = redisPublisher;
        this.subscriber = subscriber;
        this.primaryHandlers = primaryHandlers;
        this.retention = retention;
        this.alerts = alerts;
        this.config = config;
        this.draining = draining;
        this.vertx = vertx;
    }

    /** After the handlers have been registered, which observe the same event earlier. */
    void start(@Observes @Priority(5_000) StartupEvent started) {
        sequencer.tell(sequenced -> {
            feed.offer(sequenced.events());
            feed.heardOf(sequenced.head());
            primaryHandlers.wake(sequenced.events());
        });
        draining.onShutdown("leaving the primary handlers to other replicas", primaryHandlers::stop);
        vertx.runOnContext(go -> join());
    }

    void stop(@Observes ShutdownEvent stopping) {
        stopped = true;
        subscriber.close();
    }

    /** Whether the database has the migrations of this version. */
    boolean seesCurrentSchema() {
        return schema.isCurrent();
    }

    /** Whether PostgreSQL answered when it was last asked. */
    boolean seesPostgres() {
        return seesPostgres;
    }

    private void join() {
        if (stopped) {
            return;
        }
        schema.requireCurrent()
                .chain(() -> events.state(pool))
                .chain(state -> {
                    channel = redisPublisher.open(state.feedId());
                    return subscriber.subscribe(channel);
                })
                .chain(() -> events.state(pool))
                .ifNoItem()
                .after(TIMEOUT.multipliedBy(2))
                .fail()
                .subscribe()
                .with(
                        state -> {
                            feed.join(state.feedId(), state.head());
                            LOG.debugf("joined the feed at position %d", state.head());
                            sequencer.trigger();
                            primaryHandlers.start();
                            later(config.poll(), this::poll);
                            later(config.pruneEvery(), this::prune);
                        },
                        failure -> {
                            LOG.warnf("cannot join the feed yet: %s", failure.toString());
                            later(Duration.ofSeconds(1), this::join);
                        });
    }

    private void poll() {
        subscriber.check(channel);
        Uni.join()
                .all(look(), redisPublisher.ping())
                .andCollectFailures()
                .onTermination()
                .invoke(() -> later(config.poll(), this::poll))
                .subscribe()
                .with(done -> {}, failure -> LOG.warnf("cannot look at the feed: %s", failure.getMessage()));
    }

    private Uni<Void> look() {
        long asked = System.nanoTime();
        return events.state(pool)
                .call(state -> state.risen()
                        ? events.raiseFloor(pool)
                        : Uni.createFrom().voidItem())
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .onItemOrFailure()
                .invoke((state, failure) -> seesPostgres = failure == null)
                .invoke(state -> {
                    feed.heardOf(state, asked);
                    primaryHandlers.wake();
                    if (state.waiting()) {
                        sequencer.trigger();
                    }
                })
                .replaceWithVoid();
    }

    private void prune() {
        events.lowerFloor(pool)
                .invoke(lowered -> {
                    if (lowered) {
                        alertLostOnes();
                        sequencer.trigger();
                    }
                })
                .chain(retention::prune)
                .ifNoItem()
                .after(PRUNE)
                .fail()
                .onTermination()
                .invoke(() -> later(config.pruneEvery(), this::prune))
                .subscribe()
                .with(done -> {}, failure -> LOG.warnf("cannot delete old events: %s", failure.toString()));
    }

    private void alertLostOnes() {
        LOG.error("events without a position were found below the floor; they get theirs now");
        alerts.raise(Alert.critical(
                "feed-floor",
                "Events were told late",
                "Events without a position were found below the floor; they get theirs now.",
                "feed",
                RequestContext.system()));
    }

    /** Spread by a fifth, so that replicas do not look all at once. */
    private void later(Duration delay, Runnable work) {
        long millis = delay.toMillis();
        long spread = ThreadLocalRandom.current().nextLong(-millis / 5, millis / 5 + 1);
        if (!stopped) {
            vertx.setTimer(Math.max(1, millis + spread), timer -> {
                if (!stopped) {
                    work.run();
                }
            });
        }
    }
}

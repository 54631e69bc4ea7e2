package org.pmsevents.cache.flow;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.store.LocalCache;
import org.pmsevents.cache.version.Eviction;
import org.pmsevents.cache.version.Freshness;
import org.pmsevents.cache.version.Notices;
import org.pmsevents.cache.version.TagVersions;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.identity.ReplicaName;

/**
 * Startup → loadCommonData → emitEvent(cache.warm) → updateMetrics: loads the most read keys before the replica becomes ready, or
 * as many of them as the time limit allows.
 */
@ApplicationScoped
public class WarmUpFlow {
    private static final Logger LOG = Logger.getLogger(WarmUpFlow.class);
    private static final int AT_ONCE = 16;
    private static final int STRETCH = 500;
    /** How many of the latest events are read to know which entries in Redis are too old. */
    private static final int RECENT_EVENTS = 2_000;

    /** How many of the hottest keys are loaded. */
    private static final int WARM_KEYS = 500;

    private static final EnumSet<EventType> ALL = EnumSet.allOf(EventType.class);

    private final Feed feed;
    private final EventTable feedTable;
    private final Pool pool;
    private final TagVersions tagVersions;
    private final Eviction eviction;
    private final Freshness freshness;
    private final HotKeys hotKeys;
    private final CacheFlow cache;
    private final LocalCache local;
    private final Notices notices;
    private final EventPublisher events;
    private final ReplicaName replica;
    private final CacheConfig config;
    private final Clock clock;
    private final MeterRegistry meters;
    private volatile @Nullable Warm warm;

    WarmUpFlow(
            Feed feed,
            EventTable feedTable,
            Pool pool,
            TagVersions tagVersions,
            Eviction eviction,
            Freshness freshness,
            HotKeys hotKeys,
            CacheFlow cache,
            LocalCache local,
            Notices notices,
            EventPublisher events,
            ReplicaName replica,
            CacheConfig config,
            Clock clock,
            MeterRegistry meters) {
        this.meters = meters;
        this.feed = feed;
        this.feedTable = feedTable;
        this.pool = pool;
        this.tagVersions = tagVersions;
        this.eviction = eviction;
        this.freshness = freshness;
        this.hotKeys = hotKeys;
        this.cache = cache;
        this.local = local;
        this.notices = notices;
        this.events = events;
        this.replica = replica;
        this.config = config;
        this.clock = clock;
    }

    /** The result of the warm-up: {@code keys} to load, and {@code loaded} of them. */
    record Warm(Instant at, int keys, int loaded, long millis, boolean complete) {}

    /** The payload of {@code cache.warm}. */
    @RegisterForReflection
    record Warmed(String replica, int keys, int loaded, long millis, boolean complete) {}

    /** Counts during the warm-up. */
    private record Progress(AtomicInteger keys, AtomicInteger loaded) {
        Progress() {
            this(new AtomicInteger(), new AtomicInteger());
        }
    }

    /** After the feed has been started, which observes the same event earlier. */
    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        long begunAt = System.nanoTime();
        var progress = new Progress();
        freshness.start();
        learnChanges()
                .chain(() -> loadCommonData(progress))
                .ifNoItem()
                .after(config.warmBudget())
                .fail()
                .onItemOrFailure()
                .transform((done, failure) -> ended(progress, begunAt, failure))
                .invoke(this::emitEvent)
                .subscribe()
                .with(this::updateMetrics, failed -> LOG.error("the end of the warm-up was not announced", failed));
    }

    /** The result; null until the warm-up ends. */
    @Nullable
    Warm warm() {
        return warm;
    }

    /** Without this no value from before the start is valid. It continues even if the warm-up reaches its time limit. */
    private Uni<Void> learnChanges() {
        var known = feed.joined()
                .invoke(() -> tagVersions.begin(feed.id()))
                .chain(this::learn)
                .memoize()
                .indefinitely();
        known.subscribe().with(done -> {}, failure -> LOG.errorf(failure, "the cache does not know what has changed"));
        return known.replaceWithVoid();
    }

    private Uni<Long> learn(long head) {
        var epoch = tagVersions.epoch();
        return recentChanges(head).call(freshness::find).invoke(after -> {
            if (epoch.equals(tagVersions.epoch())) {
                tagVersions.knownAfter(after);
            }
        });
    }

    /** Another epoch of the feed has begun: forgets everything, and learns the changes of that. Until then PostgreSQL is read. */
    public void restart(String epoch) {
        local.clear();
        notices.forget();
        tagVersions.begin(epoch);
        // what a load put meanwhile
        local.clear();
        learn(feed.position())
                .subscribe()
                .with(done -> {}, failure -> LOG.errorf(failure, "the cache does not know what has changed"));
    }

    /** Reads the latest events; returns the position after which all changes are known. */
    private Uni<Long> recentChanges(long head) {
        tagVersions.reached(head);
        return recentChanges(Math.max(0, head - RECENT_EVENTS), head)
                .onFailure()
                .invoke(failure ->
                        LOG.warnf("entries in Redis from before the start are not used: %s", failure.toString()))
                .onFailure()
                .recoverWithItem(head);
    }

    private Uni<Long> recentChanges(long after, long head) {
        return after >= head
                ? Uni.createFrom().item(head)
                : feedTable
                        .read(pool, after, STRETCH, STRETCH, ALL)
                        .invoke(stretch -> eviction.take(stretch.events()))
                        .chain(stretch -> recentChanges(stretch.lastLooked(), head)
                                .replaceWith(Math.max(after, stretch.pruned())));
    }

    private Uni<Void> loadCommonData(Progress progress) {
        return hotKeys.ofAll(WARM_KEYS).chain(names -> load(names, progress));
    }

    private Uni<Void> load(List<String> names, Progress progress) {
        var keys = names.stream().flatMap(name -> CacheKey.parse(name).stream()).toList();
        progress.keys().set(keys.size());
        return Multi.createFrom()
                .iterable(keys)
                .onItem()
                .transformToUni(key -> cache.warm(key)
                        .onFailure()
                        .invoke(failure -> LOG.debugf("%s was not loaded: %s", key, failure.toString()))
                        .onFailure()
                        .recoverWithItem(false))
                .merge(AT_ONCE)
                .invoke(loaded -> {
                    if (loaded) {
                        progress.loaded().incrementAndGet();
                    }
                })
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Warm ended(Progress progress, long begunAt, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.infof("the warm-up is incomplete: %s", failure.toString());
        }
        var done = new Warm(
                clock.instant(),
                progress.keys().get(),
                progress.loaded().get(),
                Duration.ofNanos(System.nanoTime() - begunAt).toMillis(),
                failure == null);
        // before the steps that may fail: they must not keep the replica unready
        warm = done;
        return done;
    }

    private void emitEvent(Warm done) {
        events.emit(
                EventType.CACHE_WARM,
                replica.value(),
                new Warmed(replica.value(), done.keys(), done.loaded(), done.millis(), done.complete()),
                RequestContext.system());
    }

    private void updateMetrics(Warm done) {
        meters.timer("pms.cache.warm", "complete", Boolean.toString(done.complete()))
                .record(Duration.ofMillis(done.millis()));
    }
}

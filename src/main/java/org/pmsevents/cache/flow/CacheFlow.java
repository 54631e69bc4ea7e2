package org.pmsevents.cache.flow;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheAnswer;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.store.ListAdmission;
import org.pmsevents.cache.store.LocalCache;
import org.pmsevents.cache.store.RedisCache;
import org.pmsevents.cache.store.SharedCache;
import org.pmsevents.cache.store.SingleFlight;
import org.pmsevents.cache.version.Freshness;
import org.pmsevents.cache.version.TagVersions;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;

/**
 * The read path: first the process (L1), then Redis (L2), then PostgreSQL. Concurrent reads of a key share one load. While
 * PostgreSQL is unavailable the last known value is returned, marked as stale. Without Redis reads go to PostgreSQL and do not
 * fail.
 */
@ApplicationScoped
public class CacheFlow {
    private static final Logger LOG = Logger.getLogger(CacheFlow.class);

    private final LocalCache local;
    private final SharedCache shared;
    private final ListAdmission admission;
    private final TagVersions tagVersions;
    private final Freshness freshness;
    private final SingleFlight singleFlight;
    private final HotKeys hotKeys;
    private final Instance<CacheSource> sources;
    private final EventPublisher events;
    private final CacheConfig config;
    private final CacheMeters meters;

    CacheFlow(
            LocalCache local,
            SharedCache shared,
            ListAdmission admission,
            TagVersions tagVersions,
            Freshness freshness,
            SingleFlight singleFlight,
            HotKeys hotKeys,
            Instance<CacheSource> sources,
            EventPublisher events,
            CacheConfig config,
            CacheMeters meters) {
        this.local = local;
        this.shared = shared;
        this.admission = admission;
        this.tagVersions = tagVersions;
        this.freshness = freshness;
        this.singleFlight = singleFlight;
        this.hotKeys = hotKeys;
        this.sources = sources;
        this.events = events;
        this.config = config;
        this.meters = meters;
    }

    /**
     * Request → checkCache → emitEvent(cache.miss) → fetchFromDB → updateCache → Response; fails as {@link CacheSource#fetchFromDB}
     * does if no value of the key is known.
     */
    public Uni<CacheAnswer> read(CacheKey key, RequestContext context) {
        hotKeys.count(key);
        var cached = checkCache(key);
        if (cached != null) {
            return answer(cached);
        }
        return freshness.isKnown()
                ? miss(key, context)
                : freshness.find().chain(() -> {
                    var found = checkCache(key);
                    return found != null ? answer(found) : miss(key, context);
                });
    }

    /** Loads the key into the cache. Returns false if the value does not exist. */
    Uni<Boolean> warm(CacheKey key) {
        return load(key, null).map(loaded -> !loaded.entry().isAbsent());
    }

    /**
     * Stores the value of a change in the cache, unless a newer one is there, and invalidates related entries.
     *
     * @param related tags of other entries that the change affects
     */
    public Uni<Void> update(CacheKey key, CacheEntry entry, CacheTag... related) {
        tagVersions.clear(key.tag());
        for (var tag : related) {
            tagVersions.clear(tag);
        }
        // taken before the check for a newer version: a version that the feed reports after the check is a change after
        // this
        var asOf = tagVersions.now();
        long readAt = System.nanoTime();
        if (tagVersions.isOutdated(key.tag(), entry.version())) {
            return Uni.createFrom().voidItem();
        }
        local.put(key, entry, asOf, readAt);
        return shared.store(key, entry, asOf);
    }

    private @Nullable CacheEntry checkCache(CacheKey key) {
        var localEntry = local.get(key);
        return localEntry == null
                        || localEntry.isExpired()
                        || !tagVersions.isCurrent(key.tag(), localEntry)
                        || !freshness.isKnown()
                ? null
                : localEntry.entry();
    }

    private Uni<CacheAnswer> answer(CacheEntry found) {
        meters.local(found);
        return Uni.createFrom().item(CacheAnswer.fresh(found));
    }

    private Uni<CacheAnswer> miss(CacheKey key, RequestContext context) {
        meters.notLocal();
        if (freshness.isUnavailable()) {
            var stale = stale(key);
            if (stale.isPresent()) {
                return Uni.createFrom().item(stale.get());
            }
        }
        return load(key, context)
                .map(loaded -> {
                    meters.loaded(loaded);
                    return loaded.from() == SingleFlight.From.STALE
                            ? new CacheAnswer(loaded.entry(), freshness.uncertainFor())
                            : CacheAnswer.fresh(loaded.entry());
                })
                .onFailure()
                .recoverWithUni(failure -> stale(key)
                        .map(stale -> Uni.createFrom().item(stale))
                        .orElseGet(() -> Uni.createFrom().failure(failure)));
    }

    /** The last known value. That a value did not exist says nothing about now. */
    private Optional<CacheAnswer> stale(CacheKey key) {
        var localEntry = local.get(key);
        if (localEntry == null
                || localEntry.entry().isAbsent()
                || localEntry.age() > config.longestStale().toNanos()) {
            return Optional.empty();
        }
        meters.stale();
        var uncertain = freshness.uncertainFor();
        var age = Duration.ofNanos(localEntry.age());
        return Optional.of(new CacheAnswer(
                localEntry.entry(),
                tagVersions.isCurrent(key.tag(), localEntry) && uncertain.compareTo(age) < 0 ? uncertain : age));
    }

    private Uni<SingleFlight.Loaded> load(CacheKey key, @Nullable RequestContext context) {
        return singleFlight.join(key, load -> {
            // who asked just before another load ended begins one of its own when that is gone
            var found = checkCache(key);
            return found != null
                    ? Uni.createFrom().item(new SingleFlight.Loaded(found, SingleFlight.From.PROCESS))
                    : load(key, context, load);
        });
    }

    private Uni<SingleFlight.Loaded> load(CacheKey key, @Nullable RequestContext context, SingleFlight.Load load) {
        return checkShared(key)
                .chain(found -> found.isPresent()
                        ? Uni.createFrom().item(adopt(key, found.get(), load))
                        : emitMiss(key, context)
                                .chain(() -> fetchFromDB(key, load))
                                .call(fetched -> updateCache(key, fetched, load))
                                .map(fetched -> new SingleFlight.Loaded(fetched, SingleFlight.From.POSTGRESQL)));
    }

    /**
     * Entries in Redis are valid only while this replica knows what has changed. While PostgreSQL is unavailable they are returned
     * as stale.
     */
    private Uni<Optional<RedisCache.Shared>> checkShared(CacheKey key) {
        return freshness.isKnown() || freshness.isUnavailable()
                ? shared.find(key).map(found -> found.filter(it -> isUsable(key, it.entry())))
                : Uni.createFrom().item(Optional.empty());
    }

    /** Nobody sees an older one than was seen here before. */
    private boolean isUsable(CacheKey key, CacheEntry found) {
        var localEntry = local.get(key);
        return (localEntry == null || localEntry.entry().version() <= found.version())
                && (freshness.isKnown() || !found.isAbsent());
    }

    private SingleFlight.Loaded adopt(CacheKey key, RedisCache.Shared found, SingleFlight.Load load) {
        local.put(key, found.entry(), found.asOf(), load.begunAt());
        return new SingleFlight.Loaded(
                found.entry(), freshness.isKnown() ? SingleFlight.From.REDIS : SingleFlight.From.STALE);
    }

    private Uni<Void> emitMiss(CacheKey key, @Nullable RequestContext context) {
        if (context != null) {
            events.emit(EventType.CACHE_MISS, key.toString(), Map.of("key", key.toString()), context);
        }
        return Uni.createFrom().voidItem();
    }

    private Uni<CacheEntry> fetchFromDB(CacheKey key, SingleFlight.Load load) {
        return Uni.createFrom().deferred(() -> {
            long begunAt = System.nanoTime();
            return source(key)
                    .fetchFromDB(key.id())
                    .onItemOrFailure()
                    .invoke((fetched, failure) -> meters.fetched(begunAt, failure != null))
                    .map(fetched -> fetched.asOf(load.asOf()));
        });
    }

    private CacheSource source(CacheKey key) {
        return sources.stream()
                .filter(each -> each.kind().equals(key.kind()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no source for " + key));
    }

    /** Does not wait for Redis. */
    private Uni<Void> updateCache(CacheKey key, CacheEntry fetched, SingleFlight.Load load) {
        local.put(key, fetched, load.asOf(), load.begunAt());
        if (!admission.admits(key)) {
            return Uni.createFrom().voidItem();
        }
        shared.store(key, fetched, load.asOf())
                .subscribe()
                .with(stored -> {}, failure -> LOG.errorf(failure, "%s was not stored in Redis", key));
        return Uni.createFrom().voidItem();
    }
}

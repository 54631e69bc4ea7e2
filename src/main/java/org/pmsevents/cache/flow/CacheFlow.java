package org.pmsevents.cache.flow;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheAnswer;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.FeedPosition;
import org.pmsevents.cache.ManySource;
import org.pmsevents.cache.Positioned;
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
    private final CacheLoader loader;
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
            CacheLoader loader,
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
        this.loader = loader;
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

    /**
     * Reads what has these names: {@code {"items":[…],"missing":[…]}}, in their order. What neither the process nor Redis has is fetched by
     * one query.
     *
     * @param names different from each other
     * @param possible whether something can have the name; others are missing without a look
     * @param key of a {@link ManySource}, the same for all
     */
    public Uni<CacheAnswer> readAll(
            List<String> names, Predicate<String> possible, Function<String, CacheKey> key, RequestContext context) {
        return Uni.createFrom().deferred(() -> {
            var nothing = CacheAnswer.fresh(CacheEntry.absent("impossible"), seen(tagVersions.now()));
            return readAll(names.stream().filter(possible).map(key).toList(), context)
                    .map(List::iterator)
                    .map(found -> CacheAnswer.all(
                            names,
                            names.stream()
                                    .map(name -> possible.test(name) ? found.next() : nothing)
                                    .toList()));
        });
    }

    private Uni<List<CacheAnswer>> readAll(List<CacheKey> keys, RequestContext context) {
        if (keys.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        keys.forEach(hotKeys::count);
        return (freshness.isKnown() ? Uni.createFrom().voidItem() : freshness.find()).chain(() -> {
            var fetch = new SharedFetch(loader::fetchAllFromDB);
            var answers = new ArrayList<CompletableFuture<CacheAnswer>>(keys.size());
            for (var key : keys) {
                var cached = checkCache(key);
                answers.add((cached != null ? answer(cached) : miss(key, context, fetch)).subscribeAsCompletionStage());
            }
            fetch.allBegun();
            return Uni.join()
                    .all(answers.stream()
                            .map(each -> Uni.createFrom().completionStage(each))
                            .toList())
                    .andFailFast();
        });
    }

    /** Reads from PostgreSQL what is not cached. What the value has seen of the feed is what was known before. */
    public <T> Uni<Positioned<T>> readUncached(Supplier<Uni<T>> read) {
        return Uni.createFrom().deferred(() -> {
            var known = tagVersions.now();
            return read.get().map(value -> new Positioned<>(value, seen(known)));
        });
    }

    /** Nothing is said of an epoch that has ended meanwhile: its positions lead nowhere. */
    private @Nullable FeedPosition seen(AsOf asOf) {
        return asOf.isKnown() && asOf.epoch().equals(tagVersions.epoch())
                ? new FeedPosition(asOf.epoch(), asOf.position())
                : null;
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

    /** The entry of the process if it is current: then it includes all changes that were known before it was judged. */
    private SingleFlight.@Nullable Loaded checkCache(CacheKey key) {
        var known = tagVersions.now();
        var localEntry = local.get(key);
        return localEntry == null
                        || localEntry.isExpired()
                        || !tagVersions.isCurrent(key.tag(), localEntry)
                        || !freshness.isKnown()
                ? null
                : new SingleFlight.Loaded(
                        localEntry.entry(),
                        SingleFlight.From.PROCESS,
                        localEntry.asOf().orLater(known));
    }

    private Uni<CacheAnswer> answer(SingleFlight.Loaded found) {
        meters.local(found.entry());
        return Uni.createFrom().item(CacheAnswer.fresh(found.entry(), seen(found.asOf())));
    }

    private Uni<CacheAnswer> miss(CacheKey key, RequestContext context) {
        return miss(key, () -> load(key, context));
    }

    private Uni<CacheAnswer> miss(CacheKey key, RequestContext context, SharedFetch fetch) {
        return miss(
                key, () -> join(key, load -> fetch.with(member -> load(key, context, load, () -> member.fetch(key)))));
    }

    private Uni<CacheAnswer> miss(CacheKey key, Supplier<Uni<SingleFlight.Loaded>> loading) {
        meters.notLocal();
        if (freshness.isUnavailable()) {
            var stale = stale(key);
            if (stale.isPresent()) {
                return Uni.createFrom().item(stale.get());
            }
        }
        return loading.get()
                .map(loaded -> {
                    meters.loaded(loaded);
                    return new CacheAnswer(
                            loaded.entry(),
                            loaded.from() == SingleFlight.From.STALE ? freshness.uncertainFor() : null,
                            seen(loaded.asOf()));
                })
                .onFailure()
                .recoverWithUni(failure -> stale(key)
                        .map(stale -> Uni.createFrom().item(stale))
                        .orElseGet(() -> Uni.createFrom().failure(failure)));
    }

    /**
     * The last known value. That a value did not exist says nothing about now. A value that is known to be out of date includes only what
     * was known when it was read.
     */
    private Optional<CacheAnswer> stale(CacheKey key) {
        var known = tagVersions.now();
        var localEntry = local.get(key);
        if (localEntry == null
                || localEntry.entry().isAbsent()
                || localEntry.age() > config.longestStale().toNanos()) {
            return Optional.empty();
        }
        meters.stale();
        var uncertain = freshness.uncertainFor();
        var age = Duration.ofNanos(localEntry.age());
        boolean current = tagVersions.isCurrent(key.tag(), localEntry);
        return Optional.of(new CacheAnswer(
                localEntry.entry(),
                current && uncertain.compareTo(age) < 0 ? uncertain : age,
                seen(current ? localEntry.asOf().orLater(known) : localEntry.asOf())));
    }

    private Uni<SingleFlight.Loaded> load(CacheKey key, @Nullable RequestContext context) {
        return join(key, load -> load(key, context, load, () -> loader.fetchFromDB(key)));
    }

    private Uni<SingleFlight.Loaded> join(
            CacheKey key, Function<SingleFlight.Load, Uni<SingleFlight.Loaded>> fromElsewhere) {
        return singleFlight.join(key, load -> {
            // who asked just before another load ended begins one of its own when that is gone
            var found = checkCache(key);
            return found != null ? Uni.createFrom().item(found) : fromElsewhere.apply(load);
        });
    }

    private Uni<SingleFlight.Loaded> load(
            CacheKey key,
            @Nullable RequestContext context,
            SingleFlight.Load load,
            Supplier<Uni<CacheEntry>> fetchFromDB) {
        return checkShared(key)
                .chain(found -> found.isPresent()
                        ? Uni.createFrom().item(adopt(key, found.get(), load))
                        : emitMiss(key, context)
                                .chain(() -> fetchFromDB.get())
                                .map(fetched -> fetched.asOf(load.asOf()))
                                .call(fetched -> updateCache(key, fetched, load))
                                .map(fetched ->
                                        new SingleFlight.Loaded(fetched, SingleFlight.From.POSTGRESQL, load.asOf())));
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
                found.entry(),
                freshness.isKnown() ? SingleFlight.From.REDIS : SingleFlight.From.STALE,
                load.asOf().orLater(found.asOf()));
    }

    private Uni<Void> emitMiss(CacheKey key, @Nullable RequestContext context) {
        if (context != null) {
            events.emit(EventType.CACHE_MISS, key.toString(), Map.of("key", key.toString()), context);
        }
        return Uni.createFrom().voidItem();
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

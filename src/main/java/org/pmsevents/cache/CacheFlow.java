package org.pmsevents.cache;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventEmitter;
import org.pmsevents.event.EventType;
import org.pmsevents.event.Origin;

/** The cache flows of the service: a miss is fetched from PostgreSQL and kept, a change clears what is older. */
@ApplicationScoped
public class CacheFlow {
    private static final Logger LOG = Logger.getLogger(CacheFlow.class);

    private final RedisCache redis;
    private final EventEmitter events;
    private final MeterRegistry meters;

    CacheFlow(RedisCache redis, EventEmitter events, MeterRegistry meters) {
        this.redis = redis;
        this.events = events;
        this.meters = meters;
    }

    /** Request → checkCache → emitEvent(cache.miss) → fetchFromDB → updateCache → Response. */
    public Uni<Optional<CacheEntry>> read(
            CacheKey key, Origin origin, Supplier<Uni<Optional<CacheEntry>>> fetchFromDB) {
        return checkCache(key).chain(held -> held.isPresent() ? hit(held) : miss(key, origin, fetchFromDB));
    }

    private Uni<Optional<CacheEntry>> checkCache(CacheKey key) {
        return redis.get(key)
                .onFailure()
                .invoke(failure -> LOG.debugf("Redis was not asked for %s: %s", key, failure.toString()))
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    private Uni<Optional<CacheEntry>> hit(Optional<CacheEntry> held) {
        meters.counter("pms.cache.reads", "result", "hit").increment();
        return Uni.createFrom().item(held);
    }

    private Uni<Optional<CacheEntry>> miss(
            CacheKey key, Origin origin, Supplier<Uni<Optional<CacheEntry>>> fetchFromDB) {
        meters.counter("pms.cache.reads", "result", "miss").increment();
        return emitMiss(key, origin)
                .chain(fetchFromDB::get)
                .call(found -> found.isEmpty() ? Uni.createFrom().voidItem() : keep(key, found.get()));
    }

    private Uni<Void> emitMiss(CacheKey key, Origin origin) {
        events.emit(EventType.CACHE_MISS, key.toString(), Map.of("key", key.toString()), origin);
        return Uni.createFrom().voidItem();
    }

    /** What was read is answered whether Redis takes it or not. */
    private Uni<Void> keep(CacheKey key, CacheEntry entry) {
        return redis.put(key, entry)
                .onFailure()
                .invoke(failure -> LOG.debugf("Redis did not take %s: %s", key, failure.toString()))
                .onFailure()
                .recoverWithNull();
    }

    /** Puts the newest value where readers find it; refused by Redis if there is a newer one. */
    public Uni<Void> update(CacheKey key, CacheEntry entry) {
        return redis.put(key, entry);
    }

    /** Update → invalidateKey → emitEvent(cache.invalid). */
    public Uni<Void> invalidate(CacheKey key, long version, Origin origin) {
        return redis.invalidate(key, version)
                .invoke(() -> events.emit(
                        EventType.CACHE_INVALID,
                        key.toString(),
                        Map.of("key", key.toString(), "version", version),
                        origin));
    }

    /** What a replica does for every change that it hears of, should the replica that made it not have come to it. */
    public Uni<Void> evict(CacheKey key, long version) {
        return redis.invalidate(key, version);
    }
}

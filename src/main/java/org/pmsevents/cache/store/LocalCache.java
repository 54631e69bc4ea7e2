package org.pmsevents.cache.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.LocalEntry;
import org.pmsevents.cache.version.TagVersions;

/**
 * The cache in the process (L1), bounded by the size of its entries. Entries that are out of date stay as long as there is room:
 * they are returned as stale while PostgreSQL is unavailable. An older version never replaces a newer one.
 */
@ApplicationScoped
@RegisterForReflection(classNames = "com.github.benmanes.caffeine.cache.SSMW")
public class LocalCache {
    /** Bytes of an entry beside its text. */
    private static final int OVERHEAD = 200;

    /** How many characters an entry may have to be kept, here and in Redis. */
    public static final int LARGEST_ENTRY = 262_144;

    private final Cache<CacheKey, LocalEntry> entries;
    private final TagVersions tagVersions;
    private final CacheConfig config;
    private final LongAdder evictions = new LongAdder();

    public LocalCache(TagVersions tagVersions, CacheConfig config, MeterRegistry meters) {
        this.tagVersions = tagVersions;
        this.config = config;
        this.entries = Caffeine.newBuilder()
                .maximumWeight(config.localBytes())
                .weigher(LocalCache::weight)
                .evictionListener(this::evicted)
                // evicts on the caller's thread, a little at a time
                .executor(Runnable::run)
                .build();
        meters.gauge("pms.cache.local.entries", this, LocalCache::size);
        meters.gauge("pms.cache.local.bytes", this, LocalCache::bytes);
    }

    private static int weight(CacheKey key, LocalEntry localEntry) {
        return OVERHEAD + key.id().length() + localEntry.entry().json().length();
    }

    /** Returns the entry, current or not; null if there is none. */
    @Nullable
    public LocalEntry get(CacheKey key) {
        return entries.getIfPresent(key);
    }

    /** Stores the entry, unless a newer version is there. */
    public void put(CacheKey key, CacheEntry entry, AsOf asOf, long readAt) {
        if (!asOf.epoch().equals(tagVersions.epoch())
                || !key.isCacheable()
                || entry.json().length() > LARGEST_ENTRY) {
            return;
        }
        var localEntry = new LocalEntry(entry, asOf, readAt, System.nanoTime() + goodNanos(entry));
        entries.asMap()
                .merge(
                        key,
                        localEntry,
                        (there, given) ->
                                there.asOf().epoch().equals(given.asOf().epoch())
                                                && there.entry().version()
                                                        > given.entry().version()
                                        ? there
                                        : given);
    }

    /** Drops all entries: another epoch of the feed has begun, in which versions may be lower. */
    public void clear() {
        entries.invalidateAll();
    }

    private long goodNanos(CacheEntry entry) {
        long nanos = (entry.isAbsent() ? RedisCache.NEGATIVE_EXPIRY : config.expiry()).toNanos();
        return nanos + ThreadLocalRandom.current().nextLong(-nanos / 10, nanos / 10 + 1);
    }

    /** What somebody has seen here just now must not be followed by something older from Redis. */
    private void evicted(@Nullable CacheKey key, @Nullable LocalEntry localEntry, RemovalCause cause) {
        evictions.increment();
        if (key != null && localEntry != null) {
            tagVersions.evicted(key.tag(), localEntry);
        }
    }

    public long size() {
        return entries.estimatedSize();
    }

    public long bytes() {
        return entries.policy()
                .eviction()
                .map(eviction -> eviction.weightedSize().orElse(0))
                .orElse(0L);
    }

    public long evictions() {
        return evictions.sum();
    }
}

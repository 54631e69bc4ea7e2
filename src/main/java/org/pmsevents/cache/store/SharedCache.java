package org.pmsevents.cache.store;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.version.TagVersions;
import org.pmsevents.platform.periodic.Throttle;

/** The tolerant access to {@link RedisCache}: without Redis it finds nothing, stores nothing, and never fails. */
@ApplicationScoped
public class SharedCache {
    private static final Logger LOG = Logger.getLogger(SharedCache.class);

    private final RedisCache redis;
    private final TagVersions tagVersions;
    private final Throttle warnings;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private volatile boolean reachable = true;

    SharedCache(RedisCache redis, TagVersions tagVersions) {
        this.redis = redis;
        this.tagVersions = tagVersions;
        this.warnings = new Throttle(Duration.ofSeconds(30));
    }

    /** Returns the entry of Redis if it includes all changes that this replica knows of. */
    public Uni<Optional<RedisCache.Shared>> find(CacheKey key) {
        if (!key.isCacheable() || tagVersions.isUnsettled(key.tag())) {
            return Uni.createFrom().item(Optional.empty());
        }
        return redis.get(key)
                .map(found -> found.filter(shared -> isUsable(key.tag(), shared)))
                .invoke(found -> answered(found.isPresent() ? hits : misses))
                .onFailure()
                .invoke(failure -> failed("read", failure))
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    private boolean isUsable(CacheTag tag, RedisCache.Shared shared) {
        long version = shared.entry().version();
        return tagVersions.isCurrent(tag, version, shared.asOf()) && !tagVersions.isOlderThanSeen(tag, version);
    }

    /** Completes when Redis has it, or will not. */
    public Uni<Void> store(CacheKey key, CacheEntry entry, AsOf asOf) {
        return key.isCacheable() && entry.json().length() <= LocalCache.LARGEST_ENTRY
                ? attempt(redis.put(key, entry, asOf))
                : Uni.createFrom().voidItem();
    }

    /** Removes older versions and prevents their return; completes when Redis has done so or has failed. */
    public Uni<Void> invalidate(CacheKey key, long version) {
        return attempt(redis.invalidate(key, version));
    }

    private Uni<Void> attempt(Uni<Void> write) {
        return write.invoke(() -> reachable = true)
                .onFailure()
                .invoke(failure -> failed("write", failure))
                .onFailure()
                .recoverWithNull();
    }

    private void answered(LongAdder outcome) {
        reachable = true;
        outcome.increment();
    }

    private void failed(String operation, Throwable failure) {
        reachable = false;
        errors.increment();
        if (warnings.admits(operation)) {
            LOG.warnf("Redis failed in a cache %s: %s", operation, failure.toString());
        }
    }

    public boolean isReachable() {
        return reachable;
    }

    public long hits() {
        return hits.sum();
    }

    public long misses() {
        return misses.sum();
    }

    public long errors() {
        return errors.sum();
    }
}

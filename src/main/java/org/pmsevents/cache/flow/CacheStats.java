package org.pmsevents.cache.flow;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the cache of a replica does, since it has started.
 *
 * @param stale answers that were marked as stale
 * @param negative answers that there is no such thing, from the cache
 * @param warm how the warm-up has ended; null until then
 * @param hottest the keys that this replica was asked for most
 */
@RegisterForReflection
record CacheStats(
        String replica,
        Local l1,
        Shared l2,
        Loaded loads,
        long stale,
        long negative,
        @Nullable Warmed warm,
        List<Hot> hottest) {

    /**
     * The level in the process.
     *
     * @param bytes about what the entries weigh
     * @param maximum how many bytes they may weigh
     * @param hitRate of 1; 0 before the first read
     */
    @RegisterForReflection
    record Local(long entries, long bytes, long maximum, long hits, long misses, double hitRate, long evictions) {}

    /** The level in Redis, as far as this replica has asked it. */
    @RegisterForReflection
    record Shared(long hits, long misses, long errors, double hitRate, boolean reachable) {}

    /** @param coalesced reads that waited for a load that was under way already */
    @RegisterForReflection
    record Loaded(long count, long failures, long coalesced, double averageMillis) {}

    @RegisterForReflection
    record Warmed(Instant at, int keys, long millis) {}

    @RegisterForReflection
    record Hot(String key, long reads) {}

    static double rate(long hits, long misses) {
        return hits == 0 ? 0 : (double) hits / (hits + misses);
    }
}

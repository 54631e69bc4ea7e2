package org.pmsevents.cache.flow;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * State of the cache of a replica since its start.
 *
 * @param stale answers that were marked as stale
 * @param negative answers from the cache that a value does not exist
 * @param warm result of the warm-up; null until it ends
 * @param hottest the keys that this replica has read most
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
     * The level in the process (L1).
     *
     * @param bytes approximate size of the entries
     * @param maximum upper limit of {@code bytes}
     * @param hitRate 0 to 1; 0 before the first read
     */
    @RegisterForReflection
    record Local(long entries, long bytes, long maximum, long hits, long misses, double hitRate, long evictions) {}

    /** The level in Redis (L2), as far as this replica has read it. */
    @RegisterForReflection
    record Shared(long hits, long misses, long errors, double hitRate, boolean reachable) {}

    /** @param coalesced reads that joined a running load */
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

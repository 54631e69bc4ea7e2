package org.pmsevents.cache.flow;

import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.store.LocalCache;
import org.pmsevents.cache.store.SharedCache;
import org.pmsevents.cache.store.SingleFlight;
import org.pmsevents.platform.identity.ReplicaName;

/** Reports the state of this replica's cache to operators. */
@ApplicationScoped
public class CacheReads {
    private static final int HOTTEST = 20;

    private final LocalCache local;
    private final SharedCache shared;
    private final SingleFlight singleFlight;
    private final HotKeys hotKeys;
    private final WarmUpFlow warmUp;
    private final CacheMeters meters;
    private final CacheConfig config;
    private final ReplicaName replica;

    CacheReads(
            LocalCache local,
            SharedCache shared,
            SingleFlight singleFlight,
            HotKeys hotKeys,
            WarmUpFlow warmUp,
            CacheMeters meters,
            CacheConfig config,
            ReplicaName replica) {
        this.local = local;
        this.shared = shared;
        this.singleFlight = singleFlight;
        this.hotKeys = hotKeys;
        this.warmUp = warmUp;
        this.meters = meters;
        this.config = config;
        this.replica = replica;
    }

    CacheStats stats() {
        return new CacheStats(
                replica.value(),
                new CacheStats.Local(
                        local.size(),
                        local.bytes(),
                        config.localBytes(),
                        meters.localHits(),
                        meters.localMisses(),
                        CacheStats.rate(meters.localHits(), meters.localMisses()),
                        local.evictions()),
                new CacheStats.Shared(
                        shared.hits(),
                        shared.misses(),
                        shared.errors(),
                        CacheStats.rate(shared.hits(), shared.misses()),
                        shared.isReachable()),
                new CacheStats.Loaded(
                        meters.loadsDone(), meters.loadsFailed(), singleFlight.coalesced(), meters.averageLoadMillis()),
                meters.staleReads(),
                meters.negativeReads(),
                warm(warmUp.warm()),
                hotKeys.hottest(HOTTEST).stream()
                        .map(each -> new CacheStats.Hot(each.key().toString(), each.reads()))
                        .toList());
    }

    private static CacheStats.@Nullable Warmed warm(WarmUpFlow.@Nullable Warm warm) {
        return warm == null ? null : new CacheStats.Warmed(warm.at(), warm.loaded(), warm.millis());
    }
}

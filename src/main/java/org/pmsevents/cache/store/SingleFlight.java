package org.pmsevents.cache.store;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.version.TagVersions;

/**
 * Has a key loaded once however many ask for it at the same time. A load goes on whether the first who asked for it still waits or not, and
 * is forgotten when it ends, however it ends. Nobody joins one that began before a change that is known by now.
 */
@ApplicationScoped
public class SingleFlight {
    /** Longer than a reader of PostgreSQL and one of Redis wait; so that nothing stays under way for ever. */
    private static final Duration LONGEST = Duration.ofSeconds(7);

    private final TagVersions tagVersions;
    private final ConcurrentMap<CacheKey, Load> underWay = new ConcurrentHashMap<>();
    private final LongAdder coalesced = new LongAdder();

    SingleFlight(TagVersions tagVersions) {
        this.tagVersions = tagVersions;
    }

    /**
     * A load that is under way.
     *
     * @param asOf what was known to have changed when it began
     */
    public record Load(AsOf asOf, long begunAt, CompletableFuture<Loaded> loaded) {}

    /** What a load has brought, and from where. */
    public record Loaded(CacheEntry entry, From from) {}

    /** Where a value was found. */
    public enum From {
        /** Where another load has left it just now. */
        PROCESS,
        REDIS,
        POSTGRESQL,
        /** In Redis, while it can't be known whether it is the newest. */
        STALE
    }

    /** Joins the load of the key that is under way, or else begins one. */
    public Uni<Loaded> join(CacheKey key, Function<Load, Uni<Loaded>> work) {
        return Uni.createFrom().completionStage(() -> {
            var mine = new Load(tagVersions.now(), System.nanoTime(), new CompletableFuture<>());
            var load = underWay.compute(
                    key, (same, there) -> there != null && tagVersions.isSince(key.tag(), there.begunAt()) ? there : mine);
            if (load == mine) {
                begin(key, mine, work);
            } else {
                coalesced.increment();
            }
            // who stops waiting must not cancel what others wait for
            return load.loaded().copy();
        });
    }

    private void begin(CacheKey key, Load load, Function<Load, Uni<Loaded>> work) {
        Uni.createFrom()
                .deferred(() -> work.apply(load))
                .ifNoItem()
                .after(LONGEST)
                .fail()
                .onTermination()
                .invoke(() -> underWay.remove(key, load))
                .subscribe()
                .with(load.loaded()::complete, load.loaded()::completeExceptionally);
    }

    public long coalesced() {
        return coalesced.sum();
    }
}

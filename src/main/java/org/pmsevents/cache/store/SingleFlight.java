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
 * Concurrent reads of a key share one load. A load continues even if its first reader leaves, and is removed when it ends, however
 * it ends. Nobody joins a load that began before a change that is known by now.
 */
@ApplicationScoped
public class SingleFlight {
    /** Longer than the timeouts of a reader for PostgreSQL and Redis together, so that no load stays registered for ever. */
    private static final Duration LONGEST = Duration.ofSeconds(7);

    private final TagVersions tagVersions;
    private final ConcurrentMap<CacheKey, Load> underWay = new ConcurrentHashMap<>();
    private final LongAdder coalesced = new LongAdder();

    SingleFlight(TagVersions tagVersions) {
        this.tagVersions = tagVersions;
    }

    /**
     * A running load.
     *
     * @param asOf the changes that were known when it began
     */
    public record Load(AsOf asOf, long begunAt, CompletableFuture<Loaded> loaded) {}

    /** The result of a load, and its source. */
    public record Loaded(CacheEntry entry, From from) {}

    /** The source of a value. */
    public enum From {
        /** The process, where another load has just stored it. */
        PROCESS,
        REDIS,
        POSTGRESQL,
        /** Redis, while it is unknown whether the value is the newest. */
        STALE
    }

    /** Joins the running load of the key, or begins one. */
    public Uni<Loaded> join(CacheKey key, Function<Load, Uni<Loaded>> work) {
        return Uni.createFrom().completionStage(() -> {
            var mine = new Load(tagVersions.now(), System.nanoTime(), new CompletableFuture<>());
            var load = underWay.compute(
                    key,
                    (same, there) -> there != null && tagVersions.isSince(key.tag(), there.begunAt()) ? there : mine);
            if (load == mine) {
                begin(key, mine, work);
            } else {
                coalesced.increment();
            }
            // a reader that leaves must not cancel the load of the others
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

package org.pmsevents.cache.store;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.version.TagVersions;

/**
 * Concurrent reads of a key share one load. A load continues if its first reader leaves, is cancelled when all of them have left, and is
 * removed when it ends, however it ends. Nobody joins a load that began before a change that is known by now.
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

    /** A running load. */
    public static final class Load {
        private final AsOf asOf;
        private final long begunAt = System.nanoTime();
        private final CompletableFuture<Loaded> loaded = new CompletableFuture<>();
        private @Nullable Cancellable work;
        private int readers;
        private boolean abandoned;

        private Load(AsOf asOf) {
            this.asOf = asOf;
        }

        /** The changes that were known when it began. */
        public AsOf asOf() {
            return asOf;
        }

        /** When it began, by {@link System#nanoTime}. */
        public long begunAt() {
            return begunAt;
        }

        /** Adds a reader; returns false if all have left before. */
        private synchronized boolean enter() {
            if (!abandoned) {
                readers++;
            }
            return !abandoned;
        }

        /** Returns whether this was the last reader. */
        private synchronized boolean leave() {
            readers--;
            abandoned = readers == 0;
            return abandoned;
        }

        private void begun(Cancellable running) {
            boolean late;
            synchronized (this) {
                work = running;
                late = abandoned;
            }
            if (late) {
                running.cancel();
            }
        }

        private void cancel() {
            @Nullable Cancellable running;
            synchronized (this) {
                running = work;
            }
            if (running != null) {
                running.cancel();
            }
        }
    }

    /**
     * The result of a load, and its source.
     *
     * @param asOf what the value includes at least
     */
    public record Loaded(CacheEntry entry, From from, AsOf asOf) {}

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
        return Uni.createFrom().deferred(() -> {
            var mine = new Load(tagVersions.now());
            var load = underWay.compute(
                    key,
                    (same, there) -> there != null && tagVersions.isSince(key.tag(), there.begunAt()) && there.enter()
                            ? there
                            : mine);
            if (load == mine) {
                mine.enter();
                begin(key, mine, work);
            } else {
                coalesced.increment();
            }
            // a reader that leaves must not cancel the load of the others
            return Uni.createFrom()
                    .completionStage(load.loaded.copy())
                    .onCancellation()
                    .invoke(() -> leave(key, load));
        });
    }

    private void leave(CacheKey key, Load load) {
        if (load.leave()) {
            underWay.remove(key, load);
            load.cancel();
        }
    }

    private void begin(CacheKey key, Load load, Function<Load, Uni<Loaded>> work) {
        load.begun(Uni.createFrom()
                .deferred(() -> work.apply(load))
                .ifNoItem()
                .after(LONGEST)
                .fail()
                .onTermination()
                .invoke(() -> underWay.remove(key, load))
                .subscribe()
                .with(load.loaded::complete, load.loaded::completeExceptionally));
    }

    public long coalesced() {
        return coalesced.sum();
    }
}

package org.pmsevents.cache.flow;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.cache.ManySource;

/** Loads from PostgreSQL, by the source of the kind of a key, and measures how long that takes. */
@ApplicationScoped
class CacheLoader {
    private final Instance<CacheSource> sources;
    private final CacheMeters meters;

    CacheLoader(Instance<CacheSource> sources, CacheMeters meters) {
        this.sources = sources;
        this.meters = meters;
    }

    /** As {@link CacheSource#fetchFromDB}. */
    Uni<CacheEntry> fetchFromDB(CacheKey key) {
        return measured(() -> source(key).fetchFromDB(key.id()));
    }

    /**
     * As {@link ManySource#fetchAllFromDB}.
     *
     * @param keys of a {@link ManySource}, the same for all
     */
    Uni<Map<String, CacheEntry>> fetchAllFromDB(List<CacheKey> keys) {
        return measured(() -> ((ManySource) source(keys.get(0)))
                .fetchAllFromDB(keys.stream().map(CacheKey::id).toList()));
    }

    private <T> Uni<T> measured(Supplier<Uni<T>> query) {
        return Uni.createFrom().deferred(() -> {
            long begunAt = System.nanoTime();
            return query.get().onItemOrFailure().invoke((fetched, failure) -> meters.fetched(begunAt, failure != null));
        });
    }

    private CacheSource source(CacheKey key) {
        return sources.stream()
                .filter(each -> each.kind().equals(key.kind()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no source for " + key));
    }
}

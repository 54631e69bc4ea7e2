package org.pmsevents.cache;

import io.smallrye.mutiny.Uni;

/** Loads one kind of value from PostgreSQL for the cache. Implemented by the room that owns the tables. */
public interface CacheSource {
    /** Matches {@link CacheKey#kind}. */
    String kind();

    /** Reads the current value for the id of a key; {@link CacheEntry#absent} if it does not exist. */
    Uni<CacheEntry> fetchFromDB(String id);
}

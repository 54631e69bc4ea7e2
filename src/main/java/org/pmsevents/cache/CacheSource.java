package org.pmsevents.cache;

import io.smallrye.mutiny.Uni;

/** Where the cache gets a kind of value from when it does not have it: PostgreSQL, asked by whoever owns the tables. */
public interface CacheSource {
    /** The {@link CacheKey#kind}. */
    String kind();

    /** Reads the value of a key's id as it is now; {@link CacheEntry#absent} if there is none. */
    Uni<CacheEntry> fetchFromDB(String id);
}

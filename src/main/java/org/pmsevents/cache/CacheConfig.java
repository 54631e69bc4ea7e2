package org.pmsevents.cache;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the cache, in the process and in Redis. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.cache")
public interface CacheConfig {
    /** How long an entry is valid in the process and in Redis. Each entry's time varies by up to 10 %, so that entries made together do not expire together. */
    @WithDefault("10m")
    Duration expiry();

    /** The maximum age of a value that is answered, marked as stale, while PostgreSQL is unavailable. */
    @WithDefault("1h")
    Duration longestStale();

    /** Maximum size of all entries in the process, in bytes. */
    @WithDefault("33554432")
    long localBytes();

    /** The staleness bound: how long entries are valid without confirmation from PostgreSQL that nothing has changed. */
    @WithDefault("3s")
    Duration trust();

    /** How often each replica reads notices of changes that no event announces. */
    @WithDefault("1s")
    Duration poll();

    /** How often each replica adds its counts of reads to those in PostgreSQL. */
    @WithDefault("10s")
    Duration countEvery();

    /** How long a replica may load the hottest keys at its start. After that it becomes ready without the rest. */
    @WithDefault("5s")
    Duration warmBudget();
}

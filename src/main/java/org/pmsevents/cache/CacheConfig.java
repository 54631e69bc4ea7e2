package org.pmsevents.cache;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the cache; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.cache")
public interface CacheConfig {
    /** Time to live of an entry at each level, varied by a tenth so that entries stored together do not expire together. */
    @WithDefault("10m")
    Duration expiry();

    /** Time to live of entries for things that do not exist. */
    @WithDefault("30s")
    Duration negativeExpiry();

    /** The oldest value that is returned, marked as stale, while PostgreSQL is unavailable. */
    @WithDefault("1h")
    Duration longestStale();

    /** The maximum size of all entries in the process, in bytes. */
    @WithDefault("33554432")
    long localBytes();

    /** The maximum length of a cached entry, in characters. */
    @WithDefault("262144")
    int largestEntry();

    /** The staleness bound: how long entries are valid without confirmation from PostgreSQL that nothing has changed. */
    @WithDefault("3s")
    Duration trust();

    /** How often a replica polls for changes that have no event. */
    @WithDefault("1s")
    Duration poll();

    /** How many of the latest events a replica reads when it starts, to know which entries in Redis are out of date. */
    @WithDefault("2000")
    int recentEvents();

    /** For how many keys a replica counts the reads. */
    @WithDefault("2000")
    int countedKeys();

    /** How often these counts are added to those in PostgreSQL. */
    @WithDefault("10s")
    Duration countEvery();

    /** The half-life of a counted read. */
    @WithDefault("6h")
    Duration halfLife();

    /** How many keys are stored in PostgreSQL with their counts. */
    @WithDefault("10000")
    int keptKeys();

    /** How many of the hottest keys are loaded before a replica is ready. */
    @WithDefault("500")
    int warmKeys();

    /** How long that may take; then the replica becomes ready without the rest. */
    @WithDefault("5s")
    Duration warmBudget();

    /** Prefix of the keys in Redis. */
    @WithDefault("pms-events:cache")
    String prefix();
}

package org.pmsevents.cache;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the cache works; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.cache")
public interface CacheConfig {
    /** How long an entry is good for at each level, spread by a tenth so that entries made together do not expire together. */
    @WithDefault("10m")
    Duration expiry();

    /** The same for the knowledge that there is no such thing. */
    @WithDefault("30s")
    Duration negativeExpiry();

    /** How old a value may be that is given, marked as stale, while PostgreSQL is away. */
    @WithDefault("1h")
    Duration longestStale();

    /** How many bytes the entries in the process may have in all. */
    @WithDefault("33554432")
    long localBytes();

    /** How many characters an entry may have at the most to be kept. */
    @WithDefault("262144")
    int largestEntry();

    /** For how long entries are good without word from PostgreSQL that nothing has changed. */
    @WithDefault("3s")
    Duration trust();

    /** How often a replica looks for changes that no event tells of. */
    @WithDefault("1s")
    Duration poll();

    /** How many of the latest events a replica reads when it starts, to know which entries in Redis are older than they should be. */
    @WithDefault("2000")
    int recentEvents();

    /** Of how many keys a replica counts the reads. */
    @WithDefault("2000")
    int countedKeys();

    /** How often these counts are added to those in PostgreSQL. */
    @WithDefault("10s")
    Duration countEvery();

    /** After which time a read counts for half. */
    @WithDefault("6h")
    Duration halfLife();

    /** How many keys are kept in PostgreSQL with their counts. */
    @WithDefault("10000")
    int keptKeys();

    /** How many of the hottest keys are loaded before a replica is ready. */
    @WithDefault("500")
    int warmKeys();

    /** How long that may take, before the replica is ready without. */
    @WithDefault("5s")
    Duration warmBudget();

    /** First part of the names of the keys in Redis. */
    @WithDefault("pms-events:cache")
    String prefix();
}

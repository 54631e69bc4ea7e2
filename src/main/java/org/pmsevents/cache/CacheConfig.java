package org.pmsevents.cache;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the cache works. */
@ConfigMapping(prefix = "pms-events.cache")
public interface CacheConfig {
    /** How long an entry is kept in Redis, spread by a tenth so that entries made together do not expire together. */
    @WithDefault("10m")
    Duration expiry();

    /** First part of the names of the keys in Redis. */
    @WithDefault("pms-events:cache")
    String prefix();
}

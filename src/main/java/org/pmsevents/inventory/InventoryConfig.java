package org.pmsevents.inventory;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How stock is kept; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.inventory")
public interface InventoryConfig {
    /** How many lines one statement changes at the most, unless a single request has more. */
    @WithDefault("128")
    int batchLines();

    /** How many statements of single adjustments a replica has under way; those of one SKU never at the same time. More make smaller batches. */
    @WithDefault("1")
    int lanes();

    /** How many lines may wait on a replica, in each lane, before further requests are answered 503. */
    @WithDefault("10000")
    int queuedLines();

    /** How long a request may wait before it is answered 503. */
    @WithDefault("5s")
    Duration longestWait();

    /** How often the stock is searched for what has become low by other means than a movement. */
    @WithDefault("1m")
    Duration checkEvery();

    /** First part of the names of the stock levels in Redis. */
    @WithDefault("pms-events:stock")
    String redisPrefix();
}

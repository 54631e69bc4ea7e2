package org.pmsevents.inventory;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the stock. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.inventory")
public interface InventoryConfig {
    /** How long an adjustment may wait before it is answered 503. */
    @WithDefault("5s")
    Duration longestWait();

    /** How often all stock is checked for rows that became low without a movement, such as by a new threshold. */
    @WithDefault("1m")
    Duration checkEvery();
}

package org.pmsevents.queue;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the job workers; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.queue")
public interface QueueConfig {
    /** How long a worker may be silent before other workers take over its jobs. It renews its lease three times as often. */
    @WithDefault("30s")
    Duration lease();

    /** How often each replica polls for jobs whose announcement it has missed. */
    @WithDefault("1s")
    Duration poll();

    /** How long completed jobs are stored. */
    @WithDefault("1d")
    Duration keepCompleted();

    /** How long cancelled and discarded jobs are stored. */
    @WithDefault("30d")
    Duration keepFailed();
}

package org.pmsevents.queue;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the job queue. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.queue")
public interface QueueConfig {
    /** How long a worker's lease on a job lasts. A worker renews it three times as often; after that another worker takes the job over. */
    @WithDefault("15s")
    Duration lease();

    /** How often each replica looks for due jobs that were not announced to it. */
    @WithDefault("1s")
    Duration poll();

    /** How long completed jobs are stored. */
    @WithDefault("1d")
    Duration keepCompleted();

    /** How long cancelled and discarded jobs are stored. */
    @WithDefault("30d")
    Duration keepFailed();
}

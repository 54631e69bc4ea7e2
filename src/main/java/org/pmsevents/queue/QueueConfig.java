package org.pmsevents.queue;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How jobs are worked on; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.queue")
public interface QueueConfig {
    /** How long a worker may be silent before another one takes its jobs over; it tells of itself three times as often. */
    @WithDefault("30s")
    Duration lease();

    /** How often each replica looks for jobs that nobody has told it of. */
    @WithDefault("1s")
    Duration poll();

    /** How long completed jobs are kept. */
    @WithDefault("1d")
    Duration keepCompleted();

    /** How long cancelled and discarded jobs are kept. */
    @WithDefault("30d")
    Duration keepFailed();
}

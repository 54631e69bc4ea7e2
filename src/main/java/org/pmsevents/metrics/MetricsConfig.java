package org.pmsevents.metrics;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What is measured how often, and what counts as too many errors; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.metrics")
public interface MetricsConfig {
    /** How often each replica looks at its resources and tells of them. */
    @WithDefault("5s")
    Duration resourcesEvery();

    /** How often each replica adds what it has counted to the cluster's sums in Redis; a crash loses no more than that. */
    @WithDefault("2s")
    Duration flushEvery();

    /** For how long a replica that tells nothing is still listed. */
    @WithDefault("30s")
    Duration replicaGone();

    /** For how long a summary is answered again, so that many dashboards cost as much as one. */
    @WithDefault("2s")
    Duration summaryKept();

    /** What the error rate is reckoned over, at least a second. */
    @WithDefault("1m")
    Duration errorWindow();

    /** The share of answers 5xx, 0 to 1, from which on it is high. */
    @WithDefault("0.05")
    double errorThreshold();

    /** The share below which it is normal again. */
    @WithDefault("0.02")
    double errorRecovery();

    /** How many requests there have to be in the window for the rate to become high. */
    @WithDefault("20")
    long errorMinimum();

    /** First part of the names of keys in Redis. */
    @WithDefault("pms-events:metrics")
    String redisPrefix();
}

package org.pmsevents.metrics;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the metrics and of the error rate; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.metrics")
public interface MetricsConfig {
    /** How often each replica checks and reports its resources. */
    @WithDefault("5s")
    Duration resourcesEvery();

    /** How often each replica adds its counts to the cluster's sums in Redis; a crash loses no more than that. */
    @WithDefault("2s")
    Duration flushEvery();

    /** How long a replica that sends no reports is still listed. */
    @WithDefault("30s")
    Duration replicaGone();

    /** How long a summary is reused, so that many dashboards cost as much as one. */
    @WithDefault("2s")
    Duration summaryKept();

    /** The window of the error rate, at least a second. */
    @WithDefault("1m")
    Duration errorWindow();

    /** The share of answers with a status 5xx, 0 to 1, from which the error rate is high. */
    @WithDefault("0.05")
    double errorThreshold();

    /** The share below which the error rate is normal again. */
    @WithDefault("0.02")
    double errorRecovery();

    /** The number of requests in the window that the error rate needs to become high. */
    @WithDefault("20")
    long errorMinimum();

    /** Prefix of the keys in Redis. */
    @WithDefault("pms-events:metrics")
    String redisPrefix();
}

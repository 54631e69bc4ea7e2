package org.pmsevents.metrics;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How often is measured, and what is too high an error rate. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.metrics")
public interface MetricsConfig {
    /** How often each replica measures its resources and reports them to Redis. */
    @WithDefault("5s")
    Duration resourcesEvery();

    /** How often each replica adds its counts to the sums of the cluster in Redis. A crash loses at most this much. */
    @WithDefault("2s")
    Duration flushEvery();

    /** How long a replica that reports nothing is still listed. Whole seconds, at least 1 s. */
    @WithDefault("30s")
    Duration replicaGone();

    /** How long the answer to a metrics request is reused. */
    @WithDefault("2s")
    Duration summaryKept();

    /** The period that the error rate is calculated over. Whole seconds, at least 1 s. */
    @WithDefault("1m")
    Duration errorWindow();

    /** The share of 5xx answers from which on the error rate is high. */
    @WithDefault("0.05")
    double errorThreshold();

    /** The share of 5xx answers below which it is normal again. Not above the threshold. */
    @WithDefault("0.02")
    double errorRecovery();

    /** How many requests the period must have for the error rate to become high. */
    @WithDefault("20")
    long errorMinimum();
}

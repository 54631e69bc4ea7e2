package org.pmsevents.pms.outbound;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * How products are sent to the PMS. Timeout, quick retries, circuit breaker and bulkhead of a call are in {@code application.properties},
 * under {@code org.pmsevents.pms.outbound.PmsGateway}.
 */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.pms")
public interface PmsConfig {
    /** The URL of the PMS, {@code https://host/path}. Products are put to {@code products/{sku}} below it. Not set: nothing is sent. */
    Optional<String> url();

    /** The bearer token for the PMS. Not set: none is sent. */
    Optional<String> token();

    /** The subject of the PMS's own tokens. Changes by it are not sent back to the PMS. */
    @WithDefault("pms")
    String actor();

    /** How long the answer to a publication waits for the PMS. */
    @WithDefault("1s")
    Duration budget();

    /** How many products a replica sends at the same time. */
    @WithDefault("8")
    int concurrency();

    /** The longest pause between two attempts to send a product. */
    @WithDefault("30s")
    Duration longestPause();

    /** After how many failures in a row, in the whole cluster, the PMS counts as unavailable. */
    @WithDefault("3")
    int outageAfter();

    /** How long the circuit breaker stays open, in milliseconds. */
    @WithDefault("5000")
    long breakerDelayMillis();
}

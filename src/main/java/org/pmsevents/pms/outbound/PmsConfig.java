package org.pmsevents.pms.outbound;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * How products get to the PMS; the defaults suit production. Time-out, quick retries, circuit breaker and bulkhead of a call stand in
 * {@code application.properties} under {@code org.pmsevents.pms.outbound.PmsGateway}.
 */
@ConfigMapping(prefix = "pms-events.pms")
public interface PmsConfig {
    /** Where the PMS is: products are put to {@code products/{sku}} below it. Without it nothing is sent. */
    Optional<String> url();

    /** The bearer token that the PMS wants to see. */
    Optional<String> token();

    /** Who the PMS is when it calls us: what changes under this actor is not sent back to it. */
    @WithDefault("pms")
    String actor();

    /** How long the answer to a publication waits for the PMS. */
    @WithDefault("1s")
    Duration budget();

    /** How long a connection to the PMS may take. */
    @WithDefault("2s")
    Duration connectTimeout();

    /** How many products a replica sends at the same time. */
    @WithDefault("8")
    int concurrency();

    /** The longest pause between two attempts at a product. */
    @WithDefault("30s")
    Duration longestPause();

    /** {@code Retry-After} is honoured up to this. */
    @WithDefault("1h")
    Duration longestRetryAfter();

    /** After how many failures in a row, in the whole cluster, the PMS counts as away. */
    @WithDefault("3")
    int outageAfter();

    /** How long the circuit breaker stays open, in milliseconds. */
    @WithDefault("5000")
    long breakerDelayMillis();
}

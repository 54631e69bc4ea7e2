package org.pmsevents.http.limits;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** Limits on the load of a replica, and on the requests of one client to all replicas. */
@ConfigMapping(prefix = "pms-events.limits")
public interface LimitsConfig {
    /** How many requests a replica has in progress at once, streams and WebSockets not counted; further ones get 503. */
    @WithDefault("1000")
    int maxInFlight();

    /**
     * How many bytes of bodies a replica has in progress at once, half of them from unknown senders; further bodies get 503. At
     * least twice the maximum length of a body.
     */
    @WithDefault("67108864")
    long bodyBytes();

    /** How many bodies may be from unknown senders, such as webhooks until their signature is verified. */
    @WithDefault("100")
    int maxUnknownSenders();

    /** How long a body may take to arrive, after which it gets 408. */
    @WithDefault("30s")
    Duration bodyTimeout();

    /** How many requests per second one client may make on average, on all replicas together; unlimited if not set. */
    OptionalInt requestsPerSecond();

    /** How many requests a client may make at once after a pause; as many as in one second if not set. */
    OptionalInt burst();

    /** Prefix of the keys in Redis. */
    @WithDefault("pms-events:rate")
    String redisPrefix();
}

package org.pmsevents.http.limits;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** How much is asked of a replica at once, and by one client of all of them. */
@ConfigMapping(prefix = "pms-events.limits")
public interface LimitsConfig {
    /** How many requests a replica handles at once, streams and WebSockets not counted; further ones get 503. */
    @WithDefault("1000")
    int maxInFlight();

    /** How many bytes of bodies a replica has in hand at once, half of them of senders who are not known yet; further ones get 503. At least twice the longest body. */
    @WithDefault("67108864")
    long bodyBytes();

    /** How many bodies may be of senders that nobody knows yet, such as webhooks until they are signed. */
    @WithDefault("100")
    int maxUnknownSenders();

    /** How long a body may take to arrive, after which it gets 408. */
    @WithDefault("30s")
    Duration bodyTimeout();

    /** How many requests a second one client may make in the long run, at all replicas together; any number if not set. */
    OptionalInt requestsPerSecond();

    /** How many requests a client may make at once after a pause; as many as in a second if not set. */
    OptionalInt burst();

    /** What the names in Redis begin with. */
    @WithDefault("pms-events:rate")
    String redisPrefix();
}

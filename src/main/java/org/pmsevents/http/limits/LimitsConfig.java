package org.pmsevents.http.limits;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** Limits of requests, per replica and per client. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.limits")
public interface LimitsConfig {
    /** How many requests a replica processes at the same time, without streams and WebSockets. Further ones are answered 503. */
    @WithDefault("1000")
    int maxInFlight();

    /**
     * How many bytes of request bodies a replica holds in memory, half of them from senders that are not authenticated yet. Further
     * ones are answered 503. At least twice {@code quarkus.http.limits.max-body-size}.
     */
    @WithDefault("67108864")
    long bodyBytes();

    /** How many bodies may be from senders that are not authenticated yet, such as webhooks before their signature is verified. */
    @WithDefault("100")
    int maxUnknownSenders();

    /**
     * How many bytes of answers a replica holds for clients that have not read them yet. Where there is no more room, the connection whose
     * answer has been unread for longest, and for a second, is closed; until there is room, reads are answered 503.
     */
    @WithDefault("67108864")
    long unreadBytes();

    /** How long a body may take to arrive before it is answered 408. */
    @WithDefault("30s")
    Duration bodyTimeout();

    /** How many requests per second a client may make on average, over all replicas. Not set: no limit. */
    OptionalInt requestsPerSecond();

    /** How many requests a client may make at once after a pause. Not set: the number of requests per second. */
    OptionalInt burst();
}

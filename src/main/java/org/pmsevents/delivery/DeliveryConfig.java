package org.pmsevents.delivery;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import org.pmsevents.platform.config.MayBeZero;

/** Limits of WebSockets and of server-sent event streams. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.delivery")
public interface DeliveryConfig {
    /** How often an idle WebSocket or stream is sent the position that it has reached. */
    @WithDefault("15s")
    Duration heartbeat();

    /** How many bytes may wait for a client that reads slowly. Beyond that its WebSocket is closed with 4408, or its stream ends. */
    @WithDefault("4194304")
    int maxQueuedBytes();

    /** The period over which a replica that stops closes its WebSockets and streams. Delay and timeout of the shutdown must leave room for it. */
    @MayBeZero
    @WithDefault("5s")
    Duration drain();

    /** How many WebSockets, and how many streams, a client (the subject of a token) may have at a replica. Further ones are answered 429. */
    @WithDefault("500")
    int maxConnectionsPerClient();

    /** How many WebSockets a replica accepts. Further ones are answered 503. */
    @WithDefault("10000")
    int maxConnections();

    /** How many messages a WebSocket client may send in ten seconds. Beyond that it is closed with 4429. */
    @WithDefault("200")
    int maxMessagesPerTenSeconds();

    /** How many subscriptions a WebSocket may have. */
    @WithDefault("100")
    int maxSubscriptions();

    /** How long a WebSocket client that reads too slowly may take to close before the connection is dropped. */
    @WithDefault("5s")
    Duration dropAfter();
}

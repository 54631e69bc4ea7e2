package org.pmsevents.delivery.websocket;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** The bounds of WebSocket connections. */
@ConfigMapping(prefix = "pms-events.websocket")
public interface LiveConfig {
    /** How often an idle connection is told the position that it has reached. */
    @WithDefault("15s")
    Duration heartbeat();

    /** The longest message that a client may send, in bytes; a longer one closes the connection with 1009. */
    @WithDefault("65536")
    int maxMessageBytes();

    /** How many bytes may wait for a client that reads slowly; with more it is closed with 4408. */
    @WithDefault("4194304")
    int maxQueuedBytes();

    /** How long a client that was too slow may take to close, before its socket is dropped. */
    @WithDefault("5s")
    Duration dropAfter();

    /** How many messages a client may send in ten seconds; with more it is closed with 4429. */
    @WithDefault("200")
    int maxMessagesPerTenSeconds();

    /** How many subscriptions a connection may have. */
    @WithDefault("100")
    int maxSubscriptions();

    /** How many topics or subjects one subscription may name. */
    @WithDefault("1000")
    int maxNames();

    /** Over how long the connections of a replica that stops are closed; the delay and the timeout of the shutdown must leave room for it. */
    @WithDefault("5s")
    Duration drain();

    /** How many connections a replica takes; further ones get 503. */
    @WithDefault("10000")
    int maxConnections();

    /** How many of them one client, which is the subject of a token, may have; further ones get 429. */
    @WithDefault("500")
    int maxConnectionsPerClient();
}

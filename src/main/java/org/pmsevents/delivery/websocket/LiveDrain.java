package org.pmsevents.delivery.websocket;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.websockets.next.OpenConnections;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.event.feed.FeedSubscriptions;
import org.pmsevents.platform.shutdown.Draining;

/**
 * Closes the connections of a replica that stops, each with a close code that asks the client to reconnect. Spreads this over the drain
 * period, so that clients don't all connect to the other replicas at once. Quarkus waits for WebSockets as for requests in progress.
 */
@ApplicationScoped
class LiveDrain {
    private final OpenConnections connections;
    private final LiveFlow flow;
    private final FeedSubscriptions feed;
    private final DeliveryConfig config;
    private final Vertx vertx;

    LiveDrain(OpenConnections connections, LiveFlow flow, FeedSubscriptions feed, DeliveryConfig config, Vertx vertx) {
        this.connections = connections;
        this.flow = flow;
        this.feed = feed;
        this.config = config;
        this.vertx = vertx;
    }

    void drain(@Observes ShutdownDelayInitiatedEvent stopping) {
        connections.forEach(connection -> vertx.setTimer(
                Draining.randomDelay(config.drain()), timer -> feed.onContext(() -> flow.restart(connection))));
    }
}

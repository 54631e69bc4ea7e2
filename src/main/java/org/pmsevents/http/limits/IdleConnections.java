package org.pmsevents.http.limits;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.shutdown.ShutdownConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.http.FilterOrder;

/**
 * Closes the keep-alive connections that are idle when the delay of the shutdown is nearly over. A connection in use is closed with
 * its next answer (Quarkus sends {@code Connection: close} during the delay). One that stayed idle would be closed while the
 * replica ends, and a client that then sends a request on it would get no answer.
 */
@Singleton
class IdleConnections {
    /** The later they are closed, the fewer are left, and the less likely it is that a client is just about to use one. */
    private static final double PART_OF_DELAY = 0.8;

    private final Map<ConnectionBase, AtomicInteger> inProgress = new ConcurrentHashMap<>();
    private final Vertx vertx;
    private final Optional<Duration> delay;

    IdleConnections(Vertx vertx, ShutdownConfig shutdown) {
        this.vertx = vertx;
        this.delay = shutdown.delay();
    }

    void watch(@Observes Filters filters) {
        filters.register(this::count, FilterOrder.CONNECTIONS);
    }

    private void count(RoutingContext routing) {
        var connection = (ConnectionBase) routing.request().connection();
        if (InFlight.isSocket(routing.request())) {
            // from here on it is closed as a WebSocket
            inProgress.remove(connection);
        } else {
            var requests = requests(connection);
            requests.incrementAndGet();
            routing.addEndHandler(ended -> requests.decrementAndGet());
        }
        routing.next();
    }

    /** All requests of a connection come on its own event loop. */
    private AtomicInteger requests(ConnectionBase connection) {
        var known = inProgress.get(connection);
        if (known != null) {
            return known;
        }
        var requests = new AtomicInteger();
        inProgress.put(connection, requests);
        // the connection's own close handler is the framework's, which counts connections by it
        var unused = connection.channel().closeFuture().addListener(closed -> inProgress.remove(connection));
        return requests;
    }

    void drain(@Observes ShutdownDelayInitiatedEvent stopping) {
        long millis = (long) (delay.orElse(Duration.ZERO).toMillis() * PART_OF_DELAY);
        if (millis > 0) {
            vertx.setTimer(millis, timer -> closeIdle());
        }
    }

    private void closeIdle() {
        inProgress.forEach((connection, requests) -> {
            if (requests.get() == 0) {
                connection.close();
            }
        });
    }
}

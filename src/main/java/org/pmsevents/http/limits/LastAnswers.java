package org.pmsevents.http.limits;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.shutdown.ShutdownConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.http.FilterOrder;

/**
 * Ends the connections of a replica that stops, so that each request that was sent is answered: the socket stops listening, then every
 * answer says that it is the last one of its connection, and only a connection that had time to ask again and did not is closed idle.
 *
 * <p>All of it happens before the framework begins to stop. The framework waits for requests in progress only, closes all connections once
 * there is none for an instant, and fires {@code ShutdownEvent} after that.
 */
@Singleton
class LastAnswers {
    /** What a client has for its next request, which is told to be the last one, or for the first one of a connection. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** Of the delay, when idle connections are closed. The later, the fewer are left, and the less likely is a client about to use one. */
    private static final double IDLE_UNTIL = 0.8;

    private static final int AFTER_THE_OTHERS = Integer.MAX_VALUE;

    private final Set<Channel> listeners = ConcurrentHashMap.newKeySet();
    private final Map<Channel, AtomicInteger> inProgress = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> allEnded = new CompletableFuture<>();
    private final Vertx vertx;
    private final Duration delay;
    private volatile boolean listening = true;
    private volatile boolean last;

    LastAnswers(Vertx vertx, ShutdownConfig shutdown) {
        this.vertx = vertx;
        this.delay = shutdown.delay().orElse(Duration.ZERO);
    }

    void watch(@Observes Filters filters) {
        filters.register(this::count, FilterOrder.CONNECTIONS);
    }

    private void count(RoutingContext routing) {
        var request = routing.request();
        var connection = ((ConnectionBase) request.connection()).channel();
        // the server of dev mode and tests outlives the application
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            learn(connection.parent());
        }
        if (InFlight.isSocket(request)) {
            // from here on it is closed as a WebSocket
            ended(connection);
        } else {
            var requests = requests(connection);
            requests.incrementAndGet();
            routing.addEndHandler(ended -> requests.decrementAndGet());
            if (request.version() != HttpVersion.HTTP_2) {
                routing.addHeadersEndHandler(head -> {
                    if (last) {
                        routing.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
                    }
                });
            }
        }
        routing.next();
    }

    /** Neither Quarkus nor Vert.x tells the socket that listens, but each connection knows which one has accepted it. */
    private void learn(Channel listener) {
        if (listeners.add(listener)) {
            listener.pipeline().addFirst(new Accepted());
            if (!listening) {
                var unused = StopListening.at(listener);
            }
        }
    }

    /** Connections that are accepted, which may be about to send their first request. */
    private final class Accepted extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext listener, Object connection) {
            requests((Channel) connection);
            listener.fireChannelRead(connection);
        }
    }

    private AtomicInteger requests(Channel connection) {
        var known = inProgress.get(connection);
        if (known != null) {
            return known;
        }
        var added = new AtomicInteger();
        var other = inProgress.putIfAbsent(connection, added);
        if (other != null) {
            return other;
        }
        // Vert.x' close handler of the connection is the framework's, which counts connections by it
        var unused = connection.closeFuture().addListener(closed -> ended(connection));
        return added;
    }

    private void ended(Channel connection) {
        inProgress.remove(connection);
        endIfNoneIsOpen();
    }

    private void endIfNoneIsOpen() {
        if (last && inProgress.isEmpty()) {
            allEnded.complete(null);
        }
    }

    /** During a delay all goes on, and the framework marks answers as last ones; without one this waits on the thread that shuts down. */
    void drain(@Observes @Priority(AFTER_THE_OTHERS) ShutdownDelayInitiatedEvent stopping) {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            return;
        }
        if (delay.compareTo(GRACE) > 0) {
            last = true;
            vertx.setTimer((long) (delay.toMillis() * IDLE_UNTIL), timer -> closeIdle());
            vertx.setTimer(Math.max(delay.minus(GRACE).toMillis(), delay.toMillis() / 2), timer -> stopListening());
        } else {
            try {
                answerWhatIsSent();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** An answer is not the last one before the system refuses connections: a client that is told opens a new one at once. */
    private void answerWhatIsSent() throws InterruptedException, ExecutionException {
        for (var stopped : stopListening()) {
            boolean unused = stopped.await(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        }
        last = true;
        endIfNoneIsOpen();
        try {
            allEnded.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            closeIdle();
        }
    }

    private Iterable<Future<?>> stopListening() {
        listening = false;
        var stopping = new ArrayList<Future<?>>();
        listeners.forEach(listener -> stopping.add(StopListening.at(listener)));
        return stopping;
    }

    /** Each on its own event loop, which has read by then what the client has sent. */
    private void closeIdle() {
        inProgress.forEach((connection, requests) -> {
            if (connection.isRegistered()) {
                connection.eventLoop().execute(() -> {
                    if (requests.get() == 0) {
                        var unused = connection.close();
                    }
                });
            }
        });
    }
}

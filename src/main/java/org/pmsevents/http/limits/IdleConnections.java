package org.pmsevents.http.limits;

import io.netty.channel.Channel;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.shutdown.ShutdownConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.FilterOrder;

/**
 * Ends the connections of a replica that stops, so that no request is lost:
 *
 * <ol>
 *   <li>When the delay of the shutdown is nearly over, idle keep-alive connections are closed. A connection in use is closed with its
 *       next answer (Quarkus sends {@code Connection: close} during the delay).
 *   <li>When it is over, or at once if there is none, no new connection is accepted, and every answer is the last one of its connection.
 *   <li>Before the server closes, each connection that was just in use has {@link #QUIET} to send its next request, which gets such an
 *       answer. What has been idle for longer is closed. A request that a client sends at this very moment is the only one that gets no
 *       answer.
 * </ol>
 */
@Singleton
class IdleConnections {
    /** The later they are closed, the fewer are left, and the less likely it is that a client is just about to use one. */
    private static final double PART_OF_DELAY = 0.8;

    private static final int BEFORE_THE_OTHERS = 0;
    private static final Duration QUIET = Duration.ofSeconds(1);
    /** What a connection that was accepted at the last moment has for its first request: before that it is not known here. */
    private static final Duration FIRST_REQUEST = Duration.ofMillis(250);

    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final long LOOK_MILLIS = 20;

    private final Map<HttpConnection, Use> open = new ConcurrentHashMap<>();
    private final Vertx vertx;
    private final Optional<Duration> delay;
    private volatile @Nullable Channel listener;
    private volatile boolean ending;

    IdleConnections(Vertx vertx, ShutdownConfig shutdown) {
        this.vertx = vertx;
        this.delay = shutdown.delay();
    }

    /** The requests in progress of a connection, and when the last one ended. */
    private static final class Use {
        private final AtomicInteger inProgress = new AtomicInteger();
        private volatile long lastNanos = System.nanoTime();

        private void ended() {
            lastNanos = System.nanoTime();
            inProgress.decrementAndGet();
        }

        private boolean isIdle() {
            return inProgress.get() == 0;
        }

        private boolean isQuiet(long now) {
            return isIdle() && now - lastNanos >= QUIET.toNanos();
        }
    }

    void watch(@Observes Filters filters) {
        filters.register(this::count, FilterOrder.CONNECTIONS);
    }

    private void count(RoutingContext routing) {
        if (routing.request().headers().contains(HttpHeaders.UPGRADE)) {
            // from here on it may be a WebSocket, which is closed by its own rules
            open.remove(routing.request().connection());
            routing.next();
            return;
        }
        var connection = routing.request().connection();
        var use = open.computeIfAbsent(connection, this::opened);
        use.inProgress.incrementAndGet();
        routing.addHeadersEndHandler(head -> {
            if (ending) {
                routing.response().headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
        });
        routing.addEndHandler(ended -> {
            use.ended();
            if (HttpHeaders.CLOSE
                    .toString()
                    .equalsIgnoreCase(routing.response().headers().get(HttpHeaders.CONNECTION))) {
                connection.close();
            }
        });
        routing.next();
    }

    private Use opened(HttpConnection connection) {
        if (connection instanceof ConnectionBase accepted) {
            // the connection's own close handler is the framework's, which counts connections by it
            var unused = accepted.channel().closeFuture().addListener(closed -> open.remove(connection));
            if (listener == null) {
                listener = accepted.channel().parent();
            }
        }
        if (ending) {
            stopAccepting();
        }
        return new Use();
    }

    void drain(@Observes ShutdownDelayInitiatedEvent stopping) {
        long millis = delay.orElse(Duration.ZERO).toMillis();
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            // the server of dev mode outlives the application
            return;
        }
        if (millis > 0) {
            vertx.setTimer(Math.max(1, (long) (millis * PART_OF_DELAY)), timer -> closeIdle());
            vertx.setTimer(millis, timer -> stopAccepting());
        } else {
            stopAccepting();
        }
    }

    /** Whoever gets the last answer of a connection can't open another one here any more. */
    private void stopAccepting() {
        var accepting = listener;
        if (accepting == null) {
            // nobody has connected yet
            ending = true;
        } else {
            var unused = accepting.close().addListener(closed -> ending = true);
        }
    }

    /** Waits on the thread that shuts down, after the last request in progress, while PostgreSQL and Redis are still connected. */
    void end(@Observes @Priority(BEFORE_THE_OTHERS) ShutdownEvent stopping) {
        if (LaunchMode.current() != LaunchMode.NORMAL || listener == null) {
            return;
        }
        stopAccepting();
        long begun = System.nanoTime();
        var quiet = new CountDownLatch(1);
        long look = vertx.setPeriodic(LOOK_MILLIS, timer -> {
            long now = System.nanoTime();
            closeQuiet(now);
            if (open.isEmpty() && now - begun >= FIRST_REQUEST.toNanos()) {
                quiet.countDown();
            }
        });
        try {
            boolean unused = quiet.await(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            vertx.cancelTimer(look);
        }
    }

    private void closeIdle() {
        open.forEach((connection, use) -> {
            if (use.isIdle()) {
                connection.close();
            }
        });
    }

    /** Each on its own event loop, which has read by then what the client has sent. */
    private void closeQuiet(long now) {
        open.forEach((connection, use) -> {
            if (use.isQuiet(now) && connection instanceof ConnectionBase idle) {
                idle.getContext().runOnContext(go -> {
                    if (use.isIdle()) {
                        connection.close();
                    }
                });
            }
        });
    }
}

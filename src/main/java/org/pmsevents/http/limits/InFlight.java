package org.pmsevents.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.http.FilterOrder;

/**
 * Limits the number of requests in progress on a replica, so that under overload some are answered in time instead of all too late.
 * Further requests are refused before their token or body is read. A stream counts until its head is sent, a WebSocket not at all.
 */
@Singleton
class InFlight {
    private static final String SOCKETS = "/ws";
    private static final String STREAM = "text/event-stream";

    private final int most;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Counter refused;

    InFlight(LimitsConfig config, MeterRegistry meters) {
        this.most = config.maxInFlight();
        this.refused = meters.counter("pms.limits.refused", "limit", "in-flight");
        meters.gauge("pms.limits.in.flight", inFlight);
    }

    void boundFirst(@Observes Filters filters) {
        filters.register(this::admit, FilterOrder.IN_FLIGHT);
    }

    private void admit(RoutingContext routing) {
        if (isSocket(routing.request())) {
            routing.next();
        } else if (inFlight.incrementAndGet() > most) {
            inFlight.decrementAndGet();
            refused.increment();
            routing.fail(OverLimitException.busy());
        } else {
            var place = new Place();
            routing.addEndHandler(end -> place.leave());
            routing.addHeadersEndHandler(head -> {
                if (isStream(routing)) {
                    place.leave();
                }
            });
            routing.next();
        }
    }

    /** Whether the request asks for a WebSocket. A client may also offer another protocol by {@code Upgrade}, such as {@code h2c}. */
    static boolean isSocket(HttpServerRequest request) {
        return request.headers().contains(HttpHeaders.UPGRADE) && SOCKETS.equals(request.path());
    }

    private static boolean isStream(RoutingContext routing) {
        var type = routing.response().headers().get(HttpHeaders.CONTENT_TYPE);
        return type != null && type.startsWith(STREAM);
    }

    /** The place of one request, left once, by whichever end comes first. */
    private final class Place {
        private final AtomicBoolean taken = new AtomicBoolean(true);

        void leave() {
            if (taken.compareAndSet(true, false)) {
                inFlight.decrementAndGet();
            }
        }
    }
}

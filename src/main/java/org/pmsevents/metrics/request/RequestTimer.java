package org.pmsevents.metrics.request;

import io.quarkus.runtime.LaunchMode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventType;
import org.pmsevents.event.publish.FrequentEvents;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.http.security.CurrentRequest;

/**
 * Request → measureLatency → emitEvent(metrics.request) → updateStats → Response: times each request to the port of the API from
 * its arrival until the head of its answer is sent. What follows (server-sent events, WebSocket messages) is no latency.
 */
@Singleton
public class RequestTimer {
    /** The route of requests that reached no resource: unknown paths, and requests refused before routing. */
    static final String UNMATCHED = "unmatched";

    /** The route of static files and API descriptions, which have no template. */
    static final String FILE = "file";

    private static final String OTHER = "OTHER";
    private static final Map<String, String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS").stream()
                    .collect(Collectors.toUnmodifiableMap(Function.identity(), Function.identity()));

    /** Where quarkus-rest stores the template of the matched resource. */
    private static final String TEMPLATE = "UrlPathTemplate";

    private final FrequentEvents events;

    RequestTimer(FrequentEvents events) {
        this.events = events;
    }

    /** Before those who answer at once what is wrong with a request. */
    void listen(@Observes @Priority(FilterOrder.MEASURE_OBSERVES_FIRST) Router router) {
        router.route().order(FilterOrder.FIRST_ROUTE).handler(this::begin);
    }

    private void begin(RoutingContext request) {
        if (isOfDevMode(request)) {
            request.next();
            return;
        }
        long begun = System.nanoTime();
        request.addHeadersEndHandler(answered -> measureLatency(request, begun));
        request.next();
    }

    /** The PMS simulator of dev mode fails on request; that is no failure of the service. */
    private static boolean isOfDevMode(RoutingContext request) {
        var path = request.request().path();
        return LaunchMode.current() == LaunchMode.DEVELOPMENT && path != null && path.startsWith("/dev/");
    }

    private void measureLatency(RoutingContext request, long begun) {
        var answer = request.response();
        if (!isOpenEnded(answer)) {
            long nanos = System.nanoTime() - begun;
            int status = answer.getStatusCode();
            emitEvent(request, new RequestMeasured(method(request), route(request, status), status, nanos));
        }
    }

    /** Calls the handler that updates the statistics at once. */
    private void emitEvent(RoutingContext request, RequestMeasured measured) {
        events.emit(EventType.METRICS_REQUEST, measured.route(), measured, () -> CurrentRequest.of(request));
    }

    private static boolean isOpenEnded(HttpServerResponse answer) {
        int status = answer.getStatusCode();
        var type = status == 200 ? answer.headers().get(HttpHeaders.CONTENT_TYPE) : null;
        return status == 101 || (type != null && type.startsWith("text/event-stream"));
    }

    private static String method(RoutingContext request) {
        return METHODS.getOrDefault(request.request().method().name(), OTHER);
    }

    private static String route(RoutingContext request, int status) {
        var template = template(request);
        if (template != null) {
            return template;
        }
        return status < 400 ? FILE : UNMATCHED;
    }

    private static @Nullable String template(RoutingContext request) {
        return request.request() instanceof HttpServerRequestInternal internal
                ? internal.context().getLocal(TEMPLATE)
                : null;
    }
}

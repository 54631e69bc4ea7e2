package org.pmsevents.http.security;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/** Records one span for each request. It begins before any other filter and ends when the answer is sent or the client disconnects. */
@Singleton
class RequestSpans {
    /** The context key under which quarkus-rest stores the path template of the matched resource. */
    private static final String ROUTE = "UrlPathTemplate";

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private final Tracing tracing;

    RequestSpans(Tracing tracing) {
        this.tracing = tracing;
    }

    /** A WebSocket has no span: it would last as long as the connection. */
    Span begin(String traceId, RoutingContext routing) {
        var request = routing.request();
        if (!tracing.isOn() || request.headers().contains(HttpHeaders.UPGRADE)) {
            return Span.NONE;
        }
        var caller = new RequestContext("", traceId, TraceId.parentOf(traceId, request.getHeader("traceparent")));
        var span = tracing.start(Kind.SERVER, method(routing), caller);
        if (span.isRecorded()) {
            routing.addEndHandler(ended -> end(span, routing));
        }
        return span;
    }

    private static void end(Span span, RoutingContext routing) {
        var route = route(routing);
        var path = routing.request().path();
        int status = routing.response().getStatusCode();
        if (route != null) {
            span.named(method(routing) + " " + route).with("http.route", route);
        }
        if (status >= 500) {
            span.failed("status " + status);
        }
        span.with("http.request.method", method(routing))
                .with("url.path", path == null ? "" : path)
                .with("http.response.status_code", status)
                .end();
    }

    private static @Nullable String route(RoutingContext routing) {
        return routing.request() instanceof HttpServerRequestInternal internal
                ? internal.context().getLocal(ROUTE)
                : null;
    }

    private static String method(RoutingContext routing) {
        var name = routing.request().method().name();
        return METHODS.contains(name) ? name : "_OTHER";
    }
}

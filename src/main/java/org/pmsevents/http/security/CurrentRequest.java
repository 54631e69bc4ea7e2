package org.pmsevents.http.security;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.security.Principal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceId;

/**
 * The actor and the trace id of the current request. The trace id is determined once, before any other filter, so that the answer, the
 * events and the log lines carry the same one.
 */
@Singleton
public class CurrentRequest {
    private static final String TRACE_ID = CurrentRequest.class.getName() + ".traceId";
    private static final String ARRIVED = CurrentRequest.class.getName() + ".arrived";
    private static final String SPAN = CurrentRequest.class.getName() + ".span";
    private static final String ANONYMOUS = "anonymous";

    private final CurrentVertxRequest request;
    private final RequestSpans spans;

    public CurrentRequest(CurrentVertxRequest request, RequestSpans spans) {
        this.request = request;
        this.spans = spans;
    }

    void traceFirst(@Observes Filters filters) {
        filters.register(
                routing -> {
                    routing.put(ARRIVED, System.nanoTime());
                    var span = spans.begin(traceId(routing), routing);
                    if (span.isRecorded()) {
                        routing.put(SPAN, span);
                    }
                    routing.next();
                },
                FilterOrder.TRACE);
    }

    /** The context of the current request, with the token's subject as actor. */
    public RequestContext current() {
        return of(routing());
    }

    /** The context of the current request with an actor that is not identified by a token, such as the sender of a signed webhook. */
    public RequestContext currentAs(String actor) {
        return of(actor, routing());
    }

    /** The locations at which the caller of the current request may change stock. */
    public AllowedLocations locations() {
        return caller(routing()) instanceof Caller caller ? caller.locations() : AllowedLocations.ALL;
    }

    /** How long ago the head of the current request arrived, before its body. */
    public Duration age() {
        @Nullable Long arrived = routing().get(ARRIVED);
        return arrived == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - arrived);
    }

    /** The context of the given request. */
    public static RequestContext of(RoutingContext routing) {
        return of(actor(routing), routing);
    }

    private static RequestContext of(String actor, RoutingContext routing) {
        var context = new RequestContext(actor, traceId(routing));
        @Nullable Span span = routing.get(SPAN);
        return span == null ? context : context.under(span);
    }

    private RoutingContext routing() {
        RoutingContext routing = request.getCurrent();
        if (routing == null) {
            throw new IllegalStateException("no request is being handled here");
        }
        return routing;
    }

    private static String traceId(RoutingContext routing) {
        @Nullable String known = routing.get(TRACE_ID);
        if (known != null) {
            return known;
        }
        var traceId = TraceId.fromTraceparent(routing.request().getHeader("traceparent"));
        routing.put(TRACE_ID, traceId);
        return traceId;
    }

    private static String actor(RoutingContext routing) {
        var caller = caller(routing);
        return caller == null ? ANONYMOUS : caller.getName();
    }

    private static @Nullable Principal caller(RoutingContext routing) {
        if (routing.user() instanceof QuarkusHttpUser user) {
            var identity = user.getSecurityIdentity();
            if (!identity.isAnonymous()) {
                return identity.getPrincipal();
            }
        }
        return null;
    }
}

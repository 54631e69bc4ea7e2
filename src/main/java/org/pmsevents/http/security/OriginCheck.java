package org.pmsevents.http.security;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.platform.config.WebOrigin;

/**
 * Refuses WebSockets that pages of other origins open: browsers enforce no same-origin policy there (RFC 6455, section 10.2). The check
 * runs before the sub-protocol header is converted into other headers, so a page can't forge its origin by that header.
 */
@Singleton
class OriginCheck {
    private final Set<String> allowed;

    OriginCheck(SecurityConfig config) {
        this.allowed = config.allowedOrigins().orElse(Set.of()).stream()
                .map(WebOrigin::normalized)
                .collect(Collectors.toUnmodifiableSet());
    }

    void checkFirst(@Observes Filters filters) {
        filters.register(this::check, FilterOrder.ORIGIN_CHECK);
    }

    private void check(RoutingContext routing) {
        var request = routing.request();
        normalize(request.headers());
        if (request.headers().contains(HttpHeaders.UPGRADE) && !isAllowed(request)) {
            routing.fail(new OriginNotAllowedException());
        } else {
            routing.next();
        }
    }

    /** The framework's check for CORS compares the header as it is. */
    private static void normalize(MultiMap headers) {
        var origin = headers.get(HttpHeaders.ORIGIN);
        if (origin != null && headers.getAll(HttpHeaders.ORIGIN).size() == 1) {
            var normalized = WebOrigin.normalized(origin);
            if (!normalized.equals(origin)) {
                headers.set(HttpHeaders.ORIGIN, normalized);
            }
        }
    }

    private boolean isAllowed(HttpServerRequest request) {
        return request.headers().getAll(HttpHeaders.ORIGIN).stream()
                .allMatch(origin -> isAllowed(origin, request.getHeader(HttpHeaders.HOST)));
    }

    private boolean isAllowed(String origin, @Nullable String host) {
        return allowed.contains(WebOrigin.normalized(origin)) || (host != null && WebOrigin.isOf(origin, host));
    }
}

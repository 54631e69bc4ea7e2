package org.pmsevents.http.security;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.FilterOrder;

/**
 * Refuses WebSockets that pages of other origins open: browsers enforce no same-origin policy there (RFC 6455, section 10.2). The check
 * runs before the sub-protocol header is converted into other headers, so a page can't forge its origin by that header.
 */
@Singleton
class OriginCheck {
    private final Set<String> allowed;

    OriginCheck(SecurityConfig config) {
        this.allowed = config.allowedOrigins().orElse(Set.of()).stream()
                .map(origin -> origin.strip().toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
    }

    void checkFirst(@Observes Filters filters) {
        filters.register(this::check, FilterOrder.ORIGIN_CHECK);
    }

    private void check(RoutingContext routing) {
        if (routing.request().headers().contains(HttpHeaders.UPGRADE) && !isAllowed(routing.request())) {
            routing.fail(new OriginNotAllowedException());
        } else {
            routing.next();
        }
    }

    private boolean isAllowed(HttpServerRequest request) {
        return request.headers().getAll(HttpHeaders.ORIGIN).stream()
                .allMatch(origin -> isAllowed(origin, request.getHeader(HttpHeaders.HOST)));
    }

    private boolean isAllowed(String origin, @Nullable String host) {
        var lowerCase = origin.toLowerCase(Locale.ROOT);
        return allowed.contains(lowerCase)
                || (host != null && host.toLowerCase(Locale.ROOT).equals(authority(lowerCase)));
    }

    private static @Nullable String authority(String origin) {
        try {
            return URI.create(origin).getRawAuthority();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}

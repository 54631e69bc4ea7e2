package org.pmsevents.http.security;

import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.http.issuer.IdentityProvider;

/**
 * Sets security headers on every answer, failures included: a restrictive policy (Content Security Policy Level 3), no type sniffing,
 * and {@code no-store} for data unless the resource sets its own {@code Cache-Control}.
 */
@Singleton
class SecurityHeaders {
    /** Pages have no inline scripts or styles, and connect to this service only, and to the identity provider that signs people in. */
    private static final String PAGE =
            "default-src 'self'; connect-src 'self'%s; img-src 'self' data:; object-src 'none';"
                    + " base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

    /** Data is not a page: if a browser renders it as one, everything is forbidden. */
    private static final String DATA = "default-src 'none'; frame-ancestors 'none'";

    /** Swagger UI has inline scripts for its settings, and inline styles. */
    private static final String SWAGGER_UI = "default-src 'self'; script-src 'self' 'unsafe-inline';"
            + " style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
            + " frame-ancestors 'none'; form-action 'none'";

    private static final Map<CharSequence, CharSequence> ALWAYS = Map.of(
            name("X-Content-Type-Options"), value("nosniff"),
            name("Referrer-Policy"), value("no-referrer"),
            name("X-Frame-Options"), value("DENY"),
            name("Cross-Origin-Resource-Policy"), value("same-origin"));
    private static final String SOCKETS = "/ws";
    private static final Pattern ORIGIN = Pattern.compile("(?i)(?:^|,)\\s*+origin\\s*+(?:,|$)");
    private static final CharSequence POLICY = name("Content-Security-Policy");
    private static final CharSequence PERMISSIONS = name("Permissions-Policy");
    private static final CharSequence NO_PERMISSIONS =
            value("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
    private static final CharSequence OPENER = name("Cross-Origin-Opener-Policy");
    private static final CharSequence SAME_ORIGIN = value("same-origin");
    private static final CharSequence NO_STORE = value("no-store");
    private static final CharSequence HSTS = name("Strict-Transport-Security");

    private final SecurityConfig config;
    private final IdentityProvider provider;
    private final boolean isCorsEnabled;

    SecurityHeaders(SecurityConfig config, IdentityProvider provider, VertxHttpConfig http) {
        this.config = config;
        this.provider = provider;
        this.isCorsEnabled = http.cors().enabled();
    }

    void setFirst(@Observes Filters filters) {
        filters.register(this::set, FilterOrder.SECURITY_HEADERS);
    }

    private void set(RoutingContext routing) {
        var headers = routing.response().headers();
        ALWAYS.forEach(headers::set);
        config.hsts().ifPresent(age -> headers.set(HSTS, "max-age=" + age.toSeconds()));
        var path = routing.request().path();
        if (isCorsEnabled || (path != null && path.startsWith(SOCKETS))) {
            routing.addHeadersEndHandler(head -> varyByOrigin(headers));
        }
        if (path == null || isData(path)) {
            headers.set(POLICY, DATA);
            routing.addHeadersEndHandler(head -> defaultToNoStore(headers));
        } else {
            setPolicyOfPage(path, headers);
        }
        routing.next();
    }

    /** A shared cache must not give the answer for one origin to another, nor that for none. */
    private static void varyByOrigin(MultiMap headers) {
        if (headers.getAll(HttpHeaders.VARY).stream()
                .noneMatch(names -> names.equals("*") || ORIGIN.matcher(names).find())) {
            headers.add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
        }
    }

    private static void defaultToNoStore(MultiMap headers) {
        if (!headers.contains(HttpHeaders.CACHE_CONTROL)) {
            headers.set(HttpHeaders.CACHE_CONTROL, NO_STORE);
        }
    }

    private void setPolicyOfPage(String path, MultiMap headers) {
        headers.set(PERMISSIONS, NO_PERMISSIONS).set(OPENER, SAME_ORIGIN);
        if (path.startsWith("/q/swagger-ui")) {
            headers.set(POLICY, SWAGGER_UI);
        } else if (!path.startsWith("/q/dev-ui")) {
            // the Dev UI exists in dev mode only, and needs no policy
            headers.set(POLICY, page());
        }
    }

    private String page() {
        return PAGE.formatted(
                provider.origins().stream().map(origin -> " " + origin).collect(Collectors.joining()));
    }

    private static boolean isData(String path) {
        return path.startsWith("/api/") || path.startsWith("/webhooks/") || path.startsWith(SOCKETS);
    }

    private static CharSequence name(String name) {
        return HttpHeaders.createOptimized(name);
    }

    private static CharSequence value(String value) {
        return HttpHeaders.createOptimized(value);
    }
}

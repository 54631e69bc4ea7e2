package org.pmsevents.http.security;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import org.pmsevents.http.FilterOrder;

/**
 * What browsers are told of every answer, failures included: how little it may do (Content Security Policy Level 3), that its type is
 * what it says, and that nobody may keep it, unless the resource says otherwise.
 */
@Singleton
class SecurityHeaders {
    /** Nothing of the page is inline, and it speaks to nobody but this service. */
    private static final String PAGE =
            "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none';"
                    + " base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

    /** Data is no page: where a browser is led to take it for one, it may do nothing. */
    private static final String DATA = "default-src 'none'; frame-ancestors 'none'";

    /** Swagger UI has its settings in a script of its page, and its styles in the elements. */
    private static final String SWAGGER_UI = "default-src 'self'; script-src 'self' 'unsafe-inline';"
            + " style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
            + " frame-ancestors 'none'; form-action 'none'";

    private static final Map<CharSequence, CharSequence> ALWAYS = Map.of(
            name("X-Content-Type-Options"), value("nosniff"),
            name("Referrer-Policy"), value("no-referrer"),
            name("X-Frame-Options"), value("DENY"),
            name("Cross-Origin-Resource-Policy"), value("same-origin"));
    private static final CharSequence POLICY = name("Content-Security-Policy");
    private static final CharSequence PERMISSIONS = name("Permissions-Policy");
    private static final CharSequence NONE =
            value("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
    private static final CharSequence OPENER = name("Cross-Origin-Opener-Policy");
    private static final CharSequence SAME_ORIGIN = value("same-origin");
    private static final CharSequence NO_STORE = value("no-store");
    private static final CharSequence HSTS = name("Strict-Transport-Security");

    private final SecurityConfig config;

    SecurityHeaders(SecurityConfig config) {
        this.config = config;
    }

    void setFirst(@Observes Filters filters) {
        filters.register(this::set, FilterOrder.SECURITY_HEADERS);
    }

    private void set(RoutingContext routing) {
        var headers = routing.response().headers();
        ALWAYS.forEach(headers::set);
        config.hsts().ifPresent(age -> headers.set(HSTS, "max-age=" + age.toSeconds()));
        var path = routing.request().path();
        if (path == null || isData(path)) {
            headers.set(POLICY, DATA);
            routing.addHeadersEndHandler(head -> storeNothingUnlessToldSo(headers));
        } else {
            setPolicyOfPage(path, headers);
        }
        routing.next();
    }

    private static void storeNothingUnlessToldSo(MultiMap headers) {
        if (!headers.contains(HttpHeaders.CACHE_CONTROL)) {
            headers.set(HttpHeaders.CACHE_CONTROL, NO_STORE);
        }
    }

    private static void setPolicyOfPage(String path, MultiMap headers) {
        headers.set(PERMISSIONS, NONE).set(OPENER, SAME_ORIGIN);
        if (path.startsWith("/q/swagger-ui")) {
            headers.set(POLICY, SWAGGER_UI);
        } else if (!path.startsWith("/q/dev-ui")) {
            // that is part of dev mode only, and does what it likes
            headers.set(POLICY, PAGE);
        }
    }

    private static boolean isData(String path) {
        return path.startsWith("/api/") || path.startsWith("/webhooks/") || path.startsWith("/ws");
    }

    private static CharSequence name(String name) {
        return HttpHeaders.createOptimized(name);
    }

    private static CharSequence value(String value) {
        return HttpHeaders.createOptimized(value);
    }
}

package org.pmsevents.http.security;

import io.smallrye.config.ConfigMapping;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** What browsers are told, and who may connect from one. */
@ConfigMapping(prefix = "pms-events.security")
public interface SecurityConfig {
    /** Origins, such as {@code https://shop.example}, whose pages may open WebSockets, beside the service's own. */
    Optional<Set<String>> allowedOrigins();

    /** For how long browsers are told to use TLS only (RFC 6797); not at all if not set, for that is hard to take back. */
    Optional<Duration> hsts();
}

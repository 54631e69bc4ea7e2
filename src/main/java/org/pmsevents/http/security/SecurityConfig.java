package org.pmsevents.http.security;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.pmsevents.platform.config.MayBeZero;

/** Settings for browsers. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.security")
public interface SecurityConfig {
    /** Origins, such as {@code https://shop.example}, separated by commas, whose pages may open WebSockets beside the service's own pages. */
    Optional<Set<String>> allowedOrigins();

    /** How long browsers are told to use TLS only (RFC 6797, whole seconds). Not set: they are not told, because it is hard to take back. */
    @MayBeZero
    Optional<Duration> hsts();
}

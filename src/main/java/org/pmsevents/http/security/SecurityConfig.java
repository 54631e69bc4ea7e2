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

    /** The {@code max-age} of HSTS (RFC 6797), in whole seconds. Not set: no HSTS header, because it is hard to revoke. */
    @MayBeZero
    Optional<Duration> hsts();
}

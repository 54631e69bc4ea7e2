package org.pmsevents.security;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;
import java.util.Set;

/** Who may connect from a browser. */
@ConfigMapping(prefix = "pms-events.security")
public interface SecurityConfig {
    /** Origins, such as {@code https://shop.example}, whose pages may open WebSockets, beside the service's own. */
    Optional<Set<String>> allowedOrigins();
}

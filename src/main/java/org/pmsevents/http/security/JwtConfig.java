package org.pmsevents.http.security;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** How tokens are verified: either one shared secret or one key set, never both. */
@ConfigMapping(prefix = "pms-events.jwt")
public interface JwtConfig {
    /** The shared secret of HS256, at least 32 bytes in UTF-8 (RFC 7518, section 3.2). */
    Optional<String> secret();

    /** Where the key set of RS256 and ES256 is served (RFC 7517). */
    Optional<String> jwksUrl();

    /** What {@code iss} must be; anything if not set. */
    Optional<String> issuer();

    /** What {@code aud} must contain; anything if not set. */
    Optional<String> audience();
}

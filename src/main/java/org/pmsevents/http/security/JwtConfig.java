package org.pmsevents.http.security;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** How bearer tokens are verified: with one shared secret or one key set, never both. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.jwt")
public interface JwtConfig {
    /** The shared secret of HS256, at least 32 bytes in UTF-8 (RFC 7518, section 3.2). */
    Optional<String> secret();

    /** The URL of the key set of RS256 and ES256 (RFC 7517). */
    Optional<String> jwksUrl();

    /** The required value of {@code iss}. Not set: not checked. */
    Optional<String> issuer();

    /** A required element of {@code aud}. Not set: not checked. */
    Optional<String> audience();
}

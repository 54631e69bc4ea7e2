package org.pmsevents.http.security;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** How bearer tokens are verified: with one shared secret, one key set or one identity provider, never two of them. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.jwt")
public interface JwtConfig {
    /** The shared secret of HS256, at least 32 bytes in UTF-8 (RFC 7518, section 3.2). */
    Optional<String> secret();

    /** The URL of the key set of RS256, ES256 and EdDSA (RFC 7517). */
    Optional<String> jwksUrl();

    /** The required value of {@code iss}. Not set: not checked. An identity provider has its own: leave it out there. */
    Optional<String> issuer();

    /**
     * A required element of {@code aud}. Not set: not checked; of an identity provider's tokens the client's id, or {@code pms-events} if
     * there is none.
     */
    Optional<String> audience();

    /**
     * The claim that lists the roles, and the only one that does then, by its name or by a path such as {@code realm_access/roles}. Not
     * set: {@code groups} and others that issuers usually have.
     */
    Optional<String> rolesClaim();
}

package org.pmsevents.http.issuer;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** An identity provider with OpenID Connect, instead of a secret or a key set. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.oidc")
public interface OidcConfig {
    /**
     * The identity provider, by the exact {@code issuer} that it calls itself; the rest is read from
     * {@code .well-known/openid-configuration} below it (OpenID Connect Discovery 1.0). {@code https}, or {@code http} on this machine.
     */
    Optional<String> issuer();

    /**
     * The client that the dashboard signs people in as, public and with PKCE. Tokens for it are accepted. Not set: the dashboard offers
     * no sign-in.
     */
    Optional<String> clientId();
}

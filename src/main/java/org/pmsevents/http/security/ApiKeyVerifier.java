package org.pmsevents.http.security;

import io.quarkus.security.AuthenticationFailedException;
import io.smallrye.mutiny.Uni;

/** Verifies API keys and returns their callers. */
public interface ApiKeyVerifier {
    /** How every key begins, and no JSON Web Token. */
    String START = "pmse_";

    /**
     * Verifies a key.
     *
     * @return fails with {@link AuthenticationFailedException}, which carries a {@link TokenRefusal}, if the key is not valid, and
     *     with another exception if that can't be found out at the moment
     */
    Uni<Caller> verify(String key);
}

package org.pmsevents.http.security;

import java.security.Principal;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The caller that a verified token or API key identifies.
 *
 * @param actor the token's subject, or {@code key:} and the name of the key
 * @param roles including those that they include; may be empty
 * @param until the last moment at which the token or key is accepted, clock skew included; null for a key that does not expire
 * @param keyId the API key; null for a token
 * @param locations where the caller may change stock
 */
public record Caller(
        String actor,
        Set<String> roles,
        @Nullable Instant until,
        @Nullable String keyId,
        AllowedLocations locations) implements Principal {
    /** How the actors of API keys begin, and of nobody else. */
    public static final String KEY_ACTOR = "key:";

    /** A caller with a token, which has no bounds but its roles. */
    static Caller withToken(String actor, Set<String> roles, Instant until) {
        return new Caller(actor, roles, until, null, AllowedLocations.ALL);
    }

    /** A caller with an API key. */
    public static Caller withKey(
            String id, String name, Set<String> roles, @Nullable Instant until, AllowedLocations locations) {
        return new Caller(KEY_ACTOR + name, roles, until, id, locations);
    }

    @Override
    public String getName() {
        return actor;
    }
}

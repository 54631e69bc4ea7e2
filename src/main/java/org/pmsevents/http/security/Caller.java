package org.pmsevents.http.security;

import java.security.Principal;
import java.time.Instant;
import java.util.Set;

/**
 * Whoever a verified token speaks for.
 *
 * @param actor the token's subject
 * @param roles with all that they include; none is possible
 * @param until the last moment at which the token is accepted, clock skew included
 */
public record Caller(String actor, Set<String> roles, Instant until) implements Principal {

    @Override
    public String getName() {
        return actor;
    }
}

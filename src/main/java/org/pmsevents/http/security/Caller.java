package org.pmsevents.http.security;

import java.security.Principal;
import java.time.Instant;
import java.util.Set;

/**
 * The caller that a verified token identifies.
 *
 * @param actor the token's subject
 * @param roles including those that they include; may be empty
 * @param until the last moment at which the token is accepted, clock skew included
 */
public record Caller(String actor, Set<String> roles, Instant until) implements Principal {

    @Override
    public String getName() {
        return actor;
    }
}

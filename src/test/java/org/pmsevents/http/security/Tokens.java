package org.pmsevents.http.security;

import io.smallrye.jwt.build.Jwt;
import java.util.Set;

/** Makes tokens that the service accepts in tests. */
public final class Tokens {
    /** The same as {@code pms-events.jwt.secret} of dev mode and the tests. */
    public static final String SECRET = "dev-secret-dev-secret-dev-secret-dev-secret";

    private Tokens() {}

    /** A token of an hour for somebody with these roles. */
    public static String of(String actor, String... roles) {
        return Jwt.subject(actor).groups(Set.of(roles)).expiresIn(3_600).signWithSecret(SECRET);
    }

    /** The same as the value of an {@code Authorization} header. */
    public static String bearer(String actor, String... roles) {
        return "Bearer " + of(actor, roles);
    }
}

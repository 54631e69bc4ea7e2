package org.pmsevents.http.security;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.pmsevents.dev.SignedToken;

/** Makes tokens that the service accepts in tests. */
public final class Tokens {
    /** The same as {@code pms-events.jwt.secret} of dev mode and the tests. */
    public static final String SECRET = "dev-secret-dev-secret-dev-secret-dev-secret";

    private Tokens() {}

    /** A token of an hour for somebody with these roles. */
    public static String of(String actor, String... roles) {
        return signedWith(SECRET, actor, roles);
    }

    /** The same, signed with another secret. */
    public static String signedWith(String secret, String actor, String... roles) {
        var now = Instant.now();
        return SignedToken.of(actor, List.of(roles), now, now.plus(Duration.ofHours(1)), secret);
    }

    /** A token that was issued and expires so many seconds from now, or before now if negative. */
    public static String expiring(long issuedIn, long expiresIn, String actor, String... roles) {
        var now = Instant.now();
        return SignedToken.of(
                actor, List.of(roles), now.plusSeconds(issuedIn), now.plusSeconds(expiresIn), SECRET);
    }

    /** The same as the value of an {@code Authorization} header. */
    public static String bearer(String actor, String... roles) {
        return "Bearer " + of(actor, roles);
    }
}

package org.pmsevents.http.security;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jose4j.jwt.JwtClaims;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.issuer.IdentityProvider;

/**
 * Where a token names its roles: in the claim that the settings name, else in those that issuers usually have. None of these can be
 * written by the user.
 */
final class RoleClaims {
    private static final String SEPARATOR = "/";

    private final List<List<String>> paths = new ArrayList<>();

    RoleClaims(JwtConfig config, IdentityProvider provider) {
        var configured = config.rolesClaim();
        if (configured.isPresent()) {
            // the name of a claim may be a URL
            paths.add(List.of(configured.get()));
            paths.add(List.of(configured.get().split(SEPARATOR)));
            return;
        }
        paths.add(List.of("groups"));
        paths.add(List.of("app_metadata", "roles"));
        if (provider.issuer().isPresent()) {
            // roles of one application, by Entra ID, and by Keycloak
            paths.add(List.of("roles"));
            provider.clientId().ifPresent(client -> paths.add(List.of("resource_access", client, "roles")));
        }
    }

    /** The words among which the roles are; there may be others. */
    List<String> in(JwtClaims claims) {
        var words = new ArrayList<String>();
        for (var path : paths) {
            if (at(path, claims.getClaimsMap()) instanceof List<?> list) {
                list.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .forEach(words::add);
            }
        }
        return words;
    }

    private static @Nullable Object at(List<String> path, Map<?, ?> claims) {
        @Nullable Object value = claims;
        for (var name : path) {
            value = value instanceof Map<?, ?> members ? members.get(name) : null;
        }
        return value;
    }
}

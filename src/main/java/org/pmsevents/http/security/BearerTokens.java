package org.pmsevents.http.security;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import java.util.List;
import java.util.Set;
import org.pmsevents.http.limits.RateLimit;

/**
 * Authenticates requests by {@code Authorization: Bearer} (RFC 6750), with a JSON Web Token or an API key. It replaces the mechanism of Quarkus, which
 * verifies on a worker thread, lets the token choose the algorithm, and answers with an empty body.
 */
@Alternative
@Priority(1)
@ApplicationScoped
class BearerTokens implements HttpAuthenticationMechanism {
    /** When Quarkus closes an open WebSocket with 1008 because its token has expired; seconds since the epoch. */
    private static final String EXPIRES = "quarkus.identity.expire-time";

    private static final String SCHEME = "Bearer ";
    private static final String WEBHOOKS = "/webhooks/";

    private final TokenVerifier verifier;
    private final ApiKeyVerifier keys;
    private final RateLimit limit;

    BearerTokens(TokenVerifier verifier, ApiKeyVerifier keys, RateLimit limit) {
        this.verifier = verifier;
        this.keys = keys;
        this.limit = limit;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext routing, IdentityProviderManager identities) {
        var headers = routing.request().headers().getAll(HttpHeaders.AUTHORIZATION);
        if (headers.isEmpty() || routing.request().path().startsWith(WEBHOOKS)) {
            return Uni.createFrom().nullItem();
        }
        return verify(headers)
                .onFailure(AuthenticationFailedException.class)
                .recoverWithUni(refusal -> {
                    TokenRefusal.remember((AuthenticationFailedException) refusal, routing);
                    return limit.countRefused(routing)
                            .chain(() -> Uni.createFrom().failure(refusal));
                })
                .map(BearerTokens::identity);
    }

    private Uni<Caller> verify(List<String> headers) {
        var header = headers.get(0);
        if (headers.size() > 1 || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Uni.createFrom().failure(TokenRefusal.NO_BEARER.asFailure());
        }
        var token = header.substring(SCHEME.length()).strip();
        return token.startsWith(ApiKeyVerifier.START) ? keys.verify(token) : verifier.verify(token);
    }

    private static SecurityIdentity identity(Caller caller) {
        var identity = QuarkusSecurityIdentity.builder().setPrincipal(caller).addRoles(caller.roles());
        var until = caller.until();
        if (until != null) {
            identity.addAttribute(EXPIRES, until.getEpochSecond() + 1);
        }
        return identity.build();
    }

    /** Fails the request, so that the failure handler of all requests answers it. */
    @Override
    public Uni<Boolean> sendChallenge(RoutingContext routing) {
        if (!routing.response().ended() && !routing.failed()) {
            routing.fail(TokenRefusal.of(routing).asFailure());
        }
        return Uni.createFrom().item(true);
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext routing) {
        return Uni.createFrom().item(new ChallengeData(401, HttpHeaders.createOptimized("WWW-Authenticate"), "Bearer"));
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of();
    }
}

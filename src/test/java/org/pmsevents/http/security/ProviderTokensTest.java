package org.pmsevents.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.pmsevents.Waiting.await;

import io.quarkus.security.AuthenticationFailedException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.http.issuer.AtProvider;
import org.pmsevents.http.issuer.IdentityProvider;
import org.pmsevents.http.issuer.KeysUnavailableException;
import org.pmsevents.http.issuer.OidcConfig;
import org.pmsevents.http.issuer.TestProvider;

/** Tokens of an identity provider of which only the issuer is known beforehand. */
@Pure
class ProviderTokensTest extends AtProvider {
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(20);

    record Provider(Optional<String> issuer, Optional<String> clientId) implements OidcConfig {}

    record Settings(Optional<String> audience, Optional<String> rolesClaim) implements JwtConfig {
        @Override
        public Optional<String> secret() {
            return Optional.empty();
        }

        @Override
        public Optional<String> jwksUrl() {
            return Optional.empty();
        }

        @Override
        public Optional<String> issuer() {
            return Optional.empty();
        }
    }

    private static TokenVerifier verifier(String issuer, String client, String audience, String rolesClaim) {
        var settings = new Settings(Optional.ofNullable(audience), Optional.ofNullable(rolesClaim));
        var known = new Provider(Optional.of(issuer), Optional.ofNullable(client));
        var clock = Clock.systemUTC();
        return new TokenVerifier(settings, new IdentityProvider(known, vertx, clock, PAUSE), vertx, clock, PAUSE);
    }

    private TokenVerifier verifier() {
        return verifier(provider.issuer(), TestProvider.CLIENT, null, null);
    }

    private static Caller verified(TokenVerifier verifier, String token) {
        return verifier.verify(token).await().atMost(WAIT);
    }

    private static List<String> reasons(TokenVerifier verifier, String token) {
        var refusal = catchThrowableOfType(AuthenticationFailedException.class, () -> verified(verifier, token));
        return TokenRefusal.of(refusal).reasons();
    }

    @Test
    void theIssuerAloneIsEnoughToVerifyATokenForTheDashboard() {
        var caller = verified(verifier(), provider.token("vera", "editor"));
        assertThat(caller.actor()).isEqualTo("vera");
        assertThat(caller.roles()).containsExactlyInAnyOrder("editor", "viewer");
    }

    @Test
    void aTokenForAnotherClientIsRefused() {
        provider.tokens(claims -> claims.setAudience("shop", "account"));
        assertThat(reasons(verifier(), provider.token("vera", "admin"))).containsExactly("aud");
        provider.tokens(claims -> claims.unsetClaim("aud"));
        assertThat(reasons(verifier(), provider.token("vera", "admin"))).containsExactly("aud");
    }

    @Test
    void aTokenOfAnotherIssuerIsRefusedEvenIfItHasTheSameKeys() {
        provider.tokens(claims -> claims.setIssuer(provider.issuer() + "/"));
        assertThat(reasons(verifier(), provider.token("vera", "admin"))).containsExactly("iss");
    }

    @Test
    void theAudienceIsTheClientOrTheOneThatIsSetOrTheNameOfTheService() {
        provider.tokens(claims -> claims.setAudience("account", "https://api.example"));
        var token = provider.token("till-1", "stock");
        assertThat(reasons(verifier(), token)).containsExactly("aud");
        verified(verifier(provider.issuer(), TestProvider.CLIENT, "https://api.example", null), token);
        verified(verifier(provider.issuer(), null, "https://api.example", null), token);
        var bare = verifier(provider.issuer(), null, null, null);
        assertThat(reasons(bare, token)).containsExactly("aud");
        provider.tokens(claims -> claims.setAudience("pms-events"));
        verified(bare, provider.token("till-1"));
        assertThat(reasons(verifier(), provider.token("till-1"))).containsExactly("aud");
    }

    @Test
    void rolesAreWhereProvidersHaveThem() {
        provider.tokens(claims -> {
            claims.setClaim("roles", List.of("stock"));
            claims.setClaim("groups", List.of("operator", "3f9c"));
            // these are of all clients, or of another one
            claims.setClaim("realm_access", Map.of("roles", List.of("admin")));
            claims.setClaim(
                    "resource_access",
                    Map.of("account", Map.of("roles", List.of("admin")), "dashboard", Map.of("roles", "admin")));
        });
        assertThat(verified(verifier(), provider.token("vera")).roles())
                .containsExactlyInAnyOrder("stock", "operator", "viewer");
    }

    @Test
    void aClaimThatIsSetIsTheOnlyOneThatGivesRoles() {
        provider.tokens(claims -> {
            claims.setClaim("groups", List.of("admin"));
            claims.setClaim("https://shop.example/roles", List.of("stock"));
            claims.setClaim("realm_access", Map.of("roles", List.of("editor")));
        });
        var token = provider.token("vera", "admin");
        for (var expected : Map.of(
                        "https://shop.example/roles",
                        List.of("stock", "viewer"),
                        "realm_access/roles",
                        List.of("editor", "viewer"),
                        "realm_access/nothing/roles",
                        List.<String>of(),
                        "nothing",
                        List.<String>of())
                .entrySet()) {
            assertThat(verified(verifier(provider.issuer(), TestProvider.CLIENT, null, expected.getKey()), token)
                            .roles())
                    .as(expected.getKey())
                    .containsExactlyInAnyOrderElementsOf(expected.getValue());
        }
    }

    @Test
    void aNewKeyIsLearntOfAndTheOldOneIsStillGood() throws Exception {
        var verifier = verifier();
        verified(verifier, provider.token("vera"));
        var old = provider.token("otto");
        provider.rotate();
        await().ignoreExceptions()
                .until(() -> verified(verifier, provider.token("vera")).actor().equals("vera"));
        verified(verifier, old);
    }

    @Test
    void aProviderThatComesLaterIsFound() throws Exception {
        int port = Cluster.freePort();
        provider.close();
        var verifier = verifier(TestProvider.issuerAt(port), TestProvider.CLIENT, null, null);
        assertThatThrownBy(() -> verified(verifier, provider.token("vera")))
                .isInstanceOf(KeysUnavailableException.class);
        provider = TestProvider.startAt(port);
        await().ignoreExceptions()
                .until(() -> verified(verifier, provider.token("vera")).actor().equals("vera"));
    }

    @Test
    void aProviderThatCallsItselfOtherwiseIsNotBelieved() {
        provider.says("issuer", provider.issuer() + "/");
        assertThatThrownBy(() -> verified(verifier(), provider.token("vera", "admin")))
                .isInstanceOf(KeysUnavailableException.class);
    }

    @Test
    void aFailingProviderIsNoReasonToRefuseATokenButToWait() {
        provider.answers(500);
        assertThatThrownBy(() -> verified(verifier(), provider.token("vera")))
                .isInstanceOf(KeysUnavailableException.class);
    }
}

package org.pmsevents.http.issuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Pure;

/** What is read of an identity provider, and when. */
@Pure
class IdentityProviderTest extends AtProvider {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private volatile Instant now = Instant.parse("2026-12-01T10:00:00Z");
    private final Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);

    record Settings(Optional<String> issuer, Optional<String> clientId) implements OidcConfig {}

    private IdentityProvider of(String issuer) {
        var settings = new Settings(Optional.of(issuer), Optional.of(TestProvider.CLIENT));
        return new IdentityProvider(settings, vertx, clock, PAUSE);
    }

    private static ProviderMetadata read(IdentityProvider identity) {
        return identity.metadata().await().atMost(WAIT);
    }

    private void isRefused(String why) {
        assertThatThrownBy(() -> read(of(provider.issuer())))
                .isInstanceOf(KeysUnavailableException.class)
                .hasRootCauseMessage(why);
    }

    @Test
    void itIsAskedOnceThenEveryHourAndBelievedForADay() {
        var identity = of(provider.issuer());
        assertThat(read(identity).token()).isEqualTo(provider.issuer() + "/token");
        read(identity);
        assertThat(provider.reads()).isEqualTo(1);
        provider.says("token_endpoint", provider.issuer() + "/elsewhere");
        now = now.plus(Duration.ofMinutes(61));
        read(identity);
        await().until(() -> read(identity).token().endsWith("/elsewhere"));
        assertThat(provider.reads()).isEqualTo(2);
        provider.answers(503);
        now = now.plus(Duration.ofHours(23));
        read(identity);
        await().until(() -> provider.reads() == 3);
        read(identity);
        now = now.plus(Duration.ofHours(2));
        assertThatThrownBy(() -> read(identity)).isInstanceOf(KeysUnavailableException.class);
    }

    @Test
    void whileItIsAwayItIsAskedNoMoreThanOnceInAPause() {
        provider.answers(503);
        var identity = of(provider.issuer());
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> read(identity)).isInstanceOf(KeysUnavailableException.class);
        }
        assertThat(provider.reads()).isEqualTo(1);
        provider.answers(200);
        now = now.plus(PAUSE);
        read(identity);
    }

    @Test
    void pagesMayConnectToTheIssuerAndToWhereTokensAre() {
        provider.says("token_endpoint", "https://tokens.example:8443/token");
        var identity = of(provider.issuer());
        var issuer = provider.issuer().replaceFirst("/realms.*", "");
        assertThat(of(TestProvider.issuerAt(9)).origins()).containsExactly("http://127.0.0.1:9");
        read(identity);
        assertThat(identity.origins()).containsExactly(issuer, "https://tokens.example:8443");
        var signsNobodyIn = new Settings(Optional.of(provider.issuer()), Optional.empty());
        assertThat(new IdentityProvider(signsNobodyIn, vertx, clock).origins()).isEmpty();
    }

    @Test
    void anIssuerWithASlashAtItsEndHasItsDescriptionBehindOneSlash() {
        assertThat(IssuerUrl.discovery("https://tenant.auth0.com/"))
                .isEqualTo("https://tenant.auth0.com/.well-known/openid-configuration");
        assertThat(IssuerUrl.discovery("https://login.example/realms/shop"))
                .isEqualTo("https://login.example/realms/shop/.well-known/openid-configuration");
    }

    @Test
    void anotherIssuerIsRefused() {
        provider.says("issuer", "https://evil.example");
        isRefused(
                "its issuer is https://evil.example, not PMS_EVENTS_OIDC_ISSUER: the two must be the same, to the last"
                        + " slash");
    }

    @ParameterizedTest
    @CsvSource({
        "jwks_uri, http://keys.example/keys",
        "jwks_uri, file:///etc/keys",
        "authorization_endpoint, http://login.example/authorize",
        "authorization_endpoint, javascript:alert(1)",
        "token_endpoint, //token",
        "end_session_endpoint, https://a:b@login.example/end"
    })
    void addressesWithoutTlsAreRefused(String member, String address) {
        provider.says(member, address);
        isRefused(member + " is not an https address");
    }

    @Test
    void aProviderWithoutKeysIsNone() {
        provider.says("jwks_uri", null);
        isRefused("it has no jwks_uri");
    }

    @Test
    void aProviderThatSignsNobodyInMayHaveKeys() {
        provider.says("authorization_endpoint", null);
        provider.says("token_endpoint", null);
        assertThat(read(of(provider.issuer())).authorization()).isNull();
    }

    private void isRefusedFrom(HttpHandler handler, String why) throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.createContext("/", handler);
        server.start();
        try {
            var issuer = "http://localhost:" + server.getAddress().getPort();
            assertThatThrownBy(() -> read(of(issuer)))
                    .isInstanceOf(KeysUnavailableException.class)
                    .hasStackTraceContaining(why);
        } finally {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    @Test
    void whatItSaysIsBoundedInSizeAndTime() throws Exception {
        isRefusedFrom(
                exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    try (var body = exchange.getResponseBody()) {
                        for (int i = 0; i < 64; i++) {
                            body.write(new byte[64 * 1024]);
                        }
                    }
                },
                "larger than 1048576 bytes");
        var ended = new CountDownLatch(1);
        try {
            // a byte now and then keeps it alive, but not for ever
            isRefusedFrom(
                    exchange -> {
                        exchange.sendResponseHeaders(200, 0);
                        try (var body = exchange.getResponseBody()) {
                            while (!ended.await(500, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                                body.write(' ');
                                body.flush();
                            }
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "took longer than 5 s");
        } finally {
            ended.countDown();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[] | not a JSON object", "null | not a JSON object", "<html> | not a JSON object"})
    void whatIsNoJsonIsRefused(String body, String why) throws Exception {
        isRefusedFrom(
                exchange -> {
                    var bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(200, bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                },
                why);
    }

    @Test
    void itsRedirectsAreNotFollowed() throws Exception {
        isRefusedFrom(
                exchange -> {
                    exchange.getResponseHeaders()
                            .add("Location", provider.issuer() + "/.well-known/openid-configuration");
                    exchange.sendResponseHeaders(302, -1);
                    exchange.close();
                },
                "status 302");
        assertThat(provider.reads()).isZero();
    }
}

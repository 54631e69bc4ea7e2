package org.pmsevents.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.pmsevents.Waiting.await;

import com.sun.net.httpserver.HttpServer;
import io.quarkus.security.AuthenticationFailedException;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctetKeyPairJsonWebKey;
import org.jose4j.jwk.OctetSequenceJsonWebKey;
import org.jose4j.jwk.OkpJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.http.issuer.IdentityProvider;
import org.pmsevents.http.issuer.KeysUnavailableException;
import org.pmsevents.http.issuer.OidcConfig;

@Pure
class TokenVerifierTest {
    private static final String SECRET = "an-adequate-secret-of-more-than-32-bytes";
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static Vertx vertx;
    private static IdentityProvider noProvider;
    private static PublicJsonWebKey firstRsa;
    private static PublicJsonWebKey secondRsa;
    private static PublicJsonWebKey ec;
    private static PublicJsonWebKey ed;

    private final AtomicInteger fetches = new AtomicInteger();
    private final List<PublicJsonWebKey> served = new CopyOnWriteArrayList<>();
    private volatile OctetSequenceJsonWebKey sharedKey;
    private volatile int servedStatus = 200;
    private volatile Instant now = Instant.parse("2026-11-23T10:00:00Z");
    private final Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);
    private HttpServer issuer;

    record Settings(
            Optional<String> secret, Optional<String> jwksUrl, Optional<String> issuer, Optional<String> audience)
            implements JwtConfig {
        @Override
        public Optional<String> rolesClaim() {
            return Optional.empty();
        }
    }

    /** No identity provider. */
    record NoOidc() implements OidcConfig {
        @Override
        public Optional<String> issuer() {
            return Optional.empty();
        }

        @Override
        public Optional<String> clientId() {
            return Optional.empty();
        }
    }

    @BeforeAll
    static void makeKeys() throws JoseException {
        vertx = Vertx.vertx();
        noProvider = new IdentityProvider(new NoOidc(), vertx, Clock.systemUTC());
        firstRsa = RsaJwkGenerator.generateJwk(2048);
        firstRsa.setKeyId("first");
        secondRsa = RsaJwkGenerator.generateJwk(2048);
        secondRsa.setKeyId("second");
        ec = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        ec.setKeyId("ec");
        ed = OkpJwkGenerator.generateJwk(OctetKeyPairJsonWebKey.SUBTYPE_ED25519);
        ed.setKeyId("ed");
    }

    @AfterAll
    static void close() {
        vertx.close();
    }

    @BeforeEach
    void serveKeys() throws Exception {
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer.createContext("/jwks", exchange -> {
            fetches.incrementAndGet();
            var set = new JsonWebKeySet(List.copyOf(served));
            var how = JsonWebKey.OutputControlLevel.PUBLIC_ONLY;
            if (sharedKey != null) {
                set.addJsonWebKey(sharedKey);
                how = JsonWebKey.OutputControlLevel.INCLUDE_SYMMETRIC;
            }
            var body = set.toJson(how).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(servedStatus, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        issuer.setExecutor(Executors.newCachedThreadPool());
        issuer.start();
    }

    @AfterEach
    void stopServing() {
        issuer.stop(0);
    }

    private TokenVerifier bySecret() {
        return new TokenVerifier(
                new Settings(Optional.of(SECRET), Optional.empty(), Optional.empty(), Optional.empty()),
                noProvider,
                vertx,
                clock);
    }

    private TokenVerifier byKeys(PublicJsonWebKey... keys) {
        served.clear();
        served.addAll(Arrays.asList(keys));
        return new TokenVerifier(
                new Settings(
                        Optional.empty(),
                        Optional.of("http://127.0.0.1:" + issuer.getAddress().getPort() + "/jwks"),
                        Optional.empty(),
                        Optional.empty()),
                noProvider,
                vertx,
                clock,
                Duration.ofSeconds(10));
    }

    private JwtClaims claims(Consumer<JwtClaims> change) {
        var claims = new JwtClaims();
        claims.setSubject("alice");
        claims.setClaim("groups", List.of("editor"));
        claims.setExpirationTime(NumericDate.fromSeconds(now.getEpochSecond() + 3_600));
        change.accept(claims);
        return claims;
    }

    private static String sign(JwtClaims claims, String algorithm, Key key, String keyId) {
        try {
            var jws = new JsonWebSignature();
            jws.setPayload(claims.toJson());
            jws.setAlgorithmHeaderValue(algorithm);
            jws.setAlgorithmConstraints(org.jose4j.jwa.AlgorithmConstraints.NO_CONSTRAINTS);
            jws.setKey(key);
            jws.setDoKeyValidation(false);
            if (keyId != null) {
                jws.setKeyIdHeaderValue(keyId);
            }
            return jws.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    private String hmac(Consumer<JwtClaims> change) {
        return sign(claims(change), "HS256", new HmacKey(SECRET.getBytes(StandardCharsets.UTF_8)), null);
    }

    private String rsa(PublicJsonWebKey key) {
        return sign(claims(c -> {}), "RS256", key.getPrivateKey(), key.getKeyId());
    }

    private static Caller verified(TokenVerifier verifier, String token) {
        return verifier.verify(token).await().atMost(WAIT);
    }

    private static void refused(TokenVerifier verifier, String token) {
        assertThatThrownBy(() -> verified(verifier, token)).isInstanceOf(AuthenticationFailedException.class);
    }

    @Test
    void takesTheActorAndTheRolesFromAGoodToken() {
        var caller = verified(bySecret(), hmac(c -> {}));
        assertThat(caller.actor()).isEqualTo("alice");
        assertThat(caller.roles()).containsExactlyInAnyOrder("editor", "viewer");
        assertThat(caller.until()).isEqualTo(now.plusSeconds(3_630));
    }

    @Test
    void takesRolesFromAppMetadataButNotSupabasesRoleClaim() {
        var caller = verified(bySecret(), hmac(c -> {
            c.unsetClaim("groups");
            c.setClaim("role", "admin");
            c.setClaim("app_metadata", Map.of("provider", "email", "roles", List.of("stock", "unknown", 5)));
        }));
        assertThat(caller.roles()).containsExactlyInAnyOrder("stock", "viewer");
        assertThat(verified(bySecret(), hmac(c -> {
                            c.unsetClaim("groups");
                            c.setClaim("role", "authenticated");
                        }))
                        .roles())
                .isEmpty();
        assertThat(verified(bySecret(), hmac(c -> c.setClaim("groups", "admin")))
                        .roles())
                .isEmpty();
    }

    @Test
    void refusesTokensThatAreNotSignedWithTheSecret() {
        var verifier = bySecret();
        var good = hmac(c -> {});
        refused(verifier, good.substring(0, good.lastIndexOf('.') + 1));
        refused(verifier, good.substring(0, good.length() - 4) + "AAAA");
        refused(verifier, sign(claims(c -> {}), "none", null, null));
        refused(verifier, rsa(firstRsa));
        refused(
                verifier,
                sign(claims(c -> {}), "HS512", new HmacKey((SECRET + SECRET).getBytes(StandardCharsets.UTF_8)), null));
        refused(
                verifier,
                sign(
                        claims(c -> {}),
                        "HS256",
                        new HmacKey("another-secret-another-secret-anoth".getBytes(StandardCharsets.UTF_8)),
                        null));
        for (var nonsense : new String[] {"", ".", "..", "a.b.c", "a.b.c.d.e", "\u0000", "eyJhbGciOiJIUzI1NiJ9.e30."}) {
            refused(verifier, nonsense);
        }
    }

    @Test
    void refusesAnHmacMadeWithThePublicKey() {
        var verifier = byKeys(firstRsa);
        var publicKey = firstRsa.getPublicKey().getEncoded();
        var pem = ("-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(publicKey)
                        + "\n-----END PUBLIC KEY-----\n")
                .getBytes(StandardCharsets.UTF_8);
        refused(verifier, sign(claims(c -> {}), "HS256", new HmacKey(publicKey), "first"));
        refused(verifier, sign(claims(c -> {}), "HS256", new HmacKey(pem), "first"));
        refused(verifier, sign(claims(c -> {}), "none", null, "first"));
        assertThat(fetches).hasValue(0);
    }

    @Test
    void refusesTokensOutsideTheirTime() {
        var verifier = bySecret();
        refused(verifier, hmac(c -> c.setExpirationTime(NumericDate.fromSeconds(now.getEpochSecond() - 31))));
        refused(verifier, hmac(c -> c.setNotBefore(NumericDate.fromSeconds(now.getEpochSecond() + 31))));
        refused(verifier, hmac(c -> c.unsetClaim("exp")));
        refused(verifier, hmac(c -> c.setClaim("exp", "tomorrow")));
        verified(verifier, hmac(c -> c.setExpirationTime(NumericDate.fromSeconds(now.getEpochSecond() - 29))));
        verified(verifier, hmac(c -> c.setNotBefore(NumericDate.fromSeconds(now.getEpochSecond() + 29))));
        verified(verifier, hmac(c -> c.setClaim("exp", 9_000_000_000_000_000L)));
    }

    @Test
    void aRememberedTokenExpiresNevertheless() {
        var verifier = bySecret();
        var token = hmac(c -> c.setExpirationTime(NumericDate.fromSeconds(now.getEpochSecond() + 5)));
        verified(verifier, token);
        now = now.plusSeconds(34);
        verified(verifier, token);
        now = now.plusSeconds(2);
        refused(verifier, token);
    }

    @Test
    void aTokenIsRememberedForAMinuteHoweverOftenItIsUsed() {
        var verifier = bySecret();
        var token = hmac(c -> {});
        var first = verified(verifier, token);
        now = now.plusSeconds(40);
        assertThat(verified(verifier, token)).isSameAs(first);
        now = now.plusMillis(19_999);
        assertThat(verified(verifier, token)).isSameAs(first);
        now = now.plusMillis(1);
        assertThat(verified(verifier, token)).isNotSameAs(first);
    }

    @Test
    void aTokenInUseIsNotForgottenForManyThatAreUsedOnce() {
        var verifier = bySecret();
        var token = hmac(c -> {});
        var first = verified(verifier, token);
        for (int i = 0; i < 3_000; i++) {
            var actor = "u" + i;
            verified(verifier, hmac(c -> c.setSubject(actor)));
            assertThat(verified(verifier, token)).isSameAs(first);
        }
    }

    @Test
    void refusesSubjectsThatCanNotBeAnActor() {
        var verifier = bySecret();
        refused(verifier, hmac(c -> c.unsetClaim("sub")));
        refused(verifier, hmac(c -> c.setSubject(" ")));
        refused(verifier, hmac(c -> c.setSubject("a\u0000b")));
        refused(verifier, hmac(c -> c.setSubject("a".repeat(256))));
        refused(verifier, hmac(c -> c.setClaim("sub", 5)));
        verified(verifier, hmac(c -> c.setSubject("a".repeat(255))));
    }

    @Test
    void nobodyPretendsToBeAnApiKey() {
        refused(bySecret(), hmac(c -> c.setSubject("key:first")));
        verified(bySecret(), hmac(c -> c.setSubject("keys")));
    }

    @Test
    void withoutASecretAndAKeySetEveryTokenIsRefused() {
        var verifier = new TokenVerifier(
                new Settings(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()),
                noProvider,
                vertx,
                clock);
        for (var token : List.of(hmac(c -> {}), rsa(firstRsa), "nonsense")) {
            assertThatThrownBy(() -> verified(verifier, token))
                    .isInstanceOfSatisfying(
                            AuthenticationFailedException.class,
                            refusal -> assertThat(TokenRefusal.of(refusal)).isEqualTo(TokenRefusal.NO_TOKENS));
        }
    }

    @Test
    void checksIssuerAndAudienceIfTheyAreSet() {
        var verifier = new TokenVerifier(
                new Settings(
                        Optional.of(SECRET),
                        Optional.empty(),
                        Optional.of("https://issuer.example"),
                        Optional.of("pms")),
                noProvider,
                vertx,
                clock);
        refused(verifier, hmac(c -> {}));
        refused(verifier, hmac(c -> c.setIssuer("https://issuer.example")));
        refused(verifier, hmac(c -> c.setAudience("pms")));
        refused(verifier, hmac(c -> {
            c.setIssuer("https://other.example");
            c.setAudience("pms");
        }));
        verified(verifier, hmac(c -> {
            c.setIssuer("https://issuer.example");
            c.setAudience("other", "pms");
        }));
        verified(bySecret(), hmac(c -> c.setAudience("authenticated")));
    }

    @Test
    void refusesToStartWithTwoKeysOrOneThatIsNotAdequate() {
        var none = Optional.<String>empty();
        var url = Optional.of("https://issuer.example/jwks");
        for (var settings : List.of(
                new Settings(Optional.of(SECRET), url, none, none),
                new Settings(Optional.of("short-secret"), none, none, none),
                new Settings(none, Optional.of("file:///etc/keys"), none, none))) {
            assertThatThrownBy(() -> new TokenVerifier(settings, noProvider, vertx, clock))
                    .hasMessageContaining("PMS_EVENTS_JWT_")
                    .hasMessageNotContaining("short-secret")
                    .hasMessageNotContaining(SECRET);
        }
    }

    @Test
    void acceptsRsaAndEllipticCurvesFromTheKeySetAndFetchesItOnce() {
        var verifier = byKeys(firstRsa, ec, ed);
        assertThat(verified(verifier, rsa(firstRsa)).actor()).isEqualTo("alice");
        assertThat(verified(verifier, sign(claims(c -> {}), "ES256", ec.getPrivateKey(), "ec"))
                        .actor())
                .isEqualTo("alice");
        assertThat(verified(verifier, sign(claims(c -> {}), "EdDSA", ed.getPrivateKey(), "ed"))
                        .actor())
                .isEqualTo("alice");
        refused(verifier, sign(claims(c -> c.setSubject("eve")), "EdDSA", ed.getPrivateKey(), "ec"));
        assertThat(verified(verifier, sign(claims(c -> c.setSubject("bob")), "RS256", firstRsa.getPrivateKey(), null))
                        .actor())
                .isEqualTo("bob");
        refused(verifier, sign(claims(c -> c.setSubject("eve")), "RS256", secondRsa.getPrivateKey(), "first"));
        assertThat(fetches).hasValue(1);
    }

    @Test
    void learnsOfANewKeyWithoutAskingTheIssuerForEveryBadToken() {
        var verifier = byKeys(firstRsa);
        verified(verifier, rsa(firstRsa));
        served.add(secondRsa);
        refused(verifier, rsa(secondRsa));
        refused(verifier, rsa(secondRsa));
        assertThat(fetches).hasValue(1);
        now = now.plusSeconds(11);
        assertThat(verified(verifier, rsa(secondRsa)).actor()).isEqualTo("alice");
        assertThat(fetches).hasValue(2);
    }

    @Test
    void keepsItsKeysWhileTheIssuerIsAwayAndSaysSoIfItHasNone() {
        var verifier = byKeys(firstRsa);
        servedStatus = 500;
        assertThatThrownBy(() -> verified(verifier, rsa(firstRsa))).isInstanceOf(KeysUnavailableException.class);
        assertThatThrownBy(() -> verified(verifier, rsa(firstRsa))).isInstanceOf(KeysUnavailableException.class);
        assertThat(fetches).hasValue(1);
        servedStatus = 200;
        now = now.plusSeconds(11);
        verified(verifier, rsa(firstRsa));
        issuer.stop(0);
        now = now.plusSeconds(1_200);
        assertThat(verified(verifier, rsa(firstRsa)).actor()).isEqualTo("alice");
    }

    private static String withHeader(JwtClaims claims, Consumer<JsonWebSignature> header, Key key) {
        try {
            var jws = new JsonWebSignature();
            jws.setPayload(claims.toJson());
            jws.setAlgorithmConstraints(org.jose4j.jwa.AlgorithmConstraints.NO_CONSTRAINTS);
            jws.setDoKeyValidation(false);
            jws.setKey(key);
            header.accept(jws);
            return jws.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void refusesAKeyOfAnotherType() {
        var verifier = byKeys(firstRsa, ec);
        // the key that is named is of the other type, whichever way round
        refused(verifier, sign(claims(c -> {}), "ES256", ec.getPrivateKey(), "first"));
        refused(verifier, sign(claims(c -> {}), "RS256", firstRsa.getPrivateKey(), "ec"));
        for (var algorithm : List.of("RS384", "RS512")) {
            refused(verifier, sign(claims(c -> {}), algorithm, firstRsa.getPrivateKey(), "first"));
        }
        var good = rsa(firstRsa).split("\\.");
        for (var none : List.of("none", "None", "NONE", "nOnE")) {
            var header = Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(("{\"alg\":\"" + none + "\",\"kid\":\"first\"}").getBytes(StandardCharsets.UTF_8));
            for (var each : List.of(verifier, bySecret())) {
                refused(each, header + "." + good[1] + ".");
                refused(each, header + "." + good[1] + "." + good[2]);
            }
        }
    }

    @Test
    void refusesAKeyThatTheTokenBringsAlong() {
        var verifier = byKeys(firstRsa);
        var url = "http://127.0.0.1:" + issuer.getAddress().getPort() + "/jwks";
        for (var header : List.<Consumer<JsonWebSignature>>of(
                jws -> jws.setJwkHeader(secondRsa),
                jws -> jws.setHeader("jku", url),
                jws -> jws.setHeader("x5u", url),
                jws -> jws.setHeader("kid", "../../etc/passwd"))) {
            refused(
                    verifier,
                    withHeader(
                            claims(c -> {}),
                            jws -> {
                                jws.setAlgorithmHeaderValue("RS256");
                                jws.setKeyIdHeaderValue("first");
                                header.accept(jws);
                            },
                            secondRsa.getPrivateKey()));
        }
    }

    @Test
    void aSymmetricKeyInTheKeySetIsGoodForNothing() {
        var verifier = byKeys(firstRsa);
        var key = new HmacKey(SECRET.getBytes(StandardCharsets.UTF_8));
        sharedKey = new OctetSequenceJsonWebKey(key);
        sharedKey.setKeyId("shared");
        refused(verifier, sign(claims(c -> {}), "HS256", key, "shared"));
        verified(verifier, rsa(firstRsa));
        refused(verifier, sign(claims(c -> {}), "HS256", key, "shared"));
    }

    @Test
    void aKeyThatTheIssuerHasTakenBackIsRefusedSoon() {
        var verifier = byKeys(firstRsa, secondRsa);
        verified(verifier, rsa(firstRsa));
        served.remove(firstRsa);
        now = now.plus(Duration.ofMinutes(11));
        // the one that finds the keys old is still judged by them, and has them fetched
        verified(verifier, rsa(secondRsa));
        await().until(() -> fetches.get() == 2);
        // each time another token: one that was found good is believed for a while
        await().untilAsserted(() -> refused(
                verifier, sign(claims(c -> c.setGeneratedJwtId()), "RS256", firstRsa.getPrivateKey(), "first")));
        verified(verifier, rsa(secondRsa));
    }

    @Test
    void keysOfAnIssuerThatHasBeenAwayForADayAreForgotten() {
        var verifier = byKeys(firstRsa);
        verified(verifier, rsa(firstRsa));
        servedStatus = 500;
        now = now.plus(Duration.ofHours(25));
        assertThatThrownBy(() -> verified(verifier, rsa(firstRsa))).isInstanceOf(KeysUnavailableException.class);
    }

    /** What Supabase issues for a user, by its older secret and by its newer keys. */
    private JwtClaims supabase() {
        return claims(c -> {
            c.unsetClaim("groups");
            c.setIssuer("https://ref.supabase.co/auth/v1");
            c.setSubject("7c1c5b0e-6f8c-4f83-9a41-2f8b4c6f8a11");
            c.setAudience("authenticated");
            c.setClaim("role", "authenticated");
            c.setClaim("session_id", "d2a3b6d4-0d6b-4a52-a9f0-1f9f1ad5ff2b");
            c.setClaim("is_anonymous", false);
            c.setClaim("app_metadata", Map.of("provider", "email", "roles", List.of("stock")));
            // users write this themselves
            c.setClaim("user_metadata", Map.of("roles", List.of("admin"), "groups", List.of("admin")));
        });
    }

    @Test
    void mapsSupabasesClaims() {
        var settings = new Settings(
                Optional.of(SECRET),
                Optional.empty(),
                Optional.of("https://ref.supabase.co/auth/v1"),
                Optional.of("authenticated"));
        var key = new HmacKey(SECRET.getBytes(StandardCharsets.UTF_8));
        var bySecret = new TokenVerifier(settings, noProvider, vertx, clock);
        for (var caller : List.of(
                verified(bySecret, sign(supabase(), "HS256", key, null)),
                verified(byKeys(ec), sign(supabase(), "ES256", ec.getPrivateKey(), "ec")))) {
            assertThat(caller.actor()).isEqualTo("7c1c5b0e-6f8c-4f83-9a41-2f8b4c6f8a11");
            assertThat(caller.roles()).containsExactlyInAnyOrder("stock", "viewer");
        }
        // its keys for programs speak for nobody
        for (var role : List.of("anon", "service_role")) {
            var apiKey = supabase();
            apiKey.unsetClaim("sub");
            apiKey.setClaim("role", role);
            refused(bySecret, sign(apiKey, "HS256", key, null));
        }
    }

    private static TokenRefusal why(TokenVerifier verifier, String token) {
        var failure = catchThrowableOfType(AuthenticationFailedException.class, () -> verified(verifier, token));
        var why = TokenRefusal.of(failure);
        assertThat(why.challenge()).matches("Bearer error=\"invalid_token\", error_description=\"[ !#-\\[\\]-~]+\"");
        return why;
    }

    @Test
    void saysWhatIsWrongWithATokenOfTheIssuer() {
        var verifier = bySecret();
        var expired = why(verifier, hmac(c -> c.setExpirationTime(NumericDate.fromSeconds(now.getEpochSecond() - 60))));
        assertThat(expired.reasons()).containsExactly("expired");
        assertThat(expired.detail())
                .isEqualTo("The token expired at "
                        + now.truncatedTo(ChronoUnit.SECONDS).minusSeconds(60) + ".");
        assertThat(why(verifier, hmac(c -> c.setNotBefore(NumericDate.fromSeconds(now.getEpochSecond() + 60))))
                        .reasons())
                .containsExactly("not-yet-valid");
        assertThat(why(verifier, hmac(c -> c.setSubject(" "))).reasons()).containsExactly("sub");
        assertThat(why(verifier, hmac(c -> c.setClaim("exp", "tomorrow"))).reasons())
                .containsExactly("claim-type");
        assertThat(why(verifier, hmac(c -> {
                            c.unsetClaim("exp");
                            c.unsetClaim("sub");
                        }))
                        .reasons())
                .containsExactlyInAnyOrder("exp", "sub");
    }

    @Test
    void saysThatIssuerOrAudienceDifferButNotFromWhat() {
        var verifier = new TokenVerifier(
                new Settings(
                        Optional.of(SECRET),
                        Optional.empty(),
                        Optional.of("https://issuer.example"),
                        Optional.of("pms")),
                noProvider,
                vertx,
                clock);
        var why = why(verifier, hmac(c -> {
            c.setIssuer("https://other.example");
            c.setAudience("shop");
        }));
        assertThat(why.reasons()).containsExactlyInAnyOrder("iss", "aud");
        assertThat(why.detail()).doesNotContain("example", "pms", "shop");
        assertThat(why(verifier, hmac(c -> {})).reasons()).containsExactlyInAnyOrder("iss", "aud");
    }

    @Test
    void saysOfATokenFromElsewhereOnlyThatItsSignatureDoesNotVerify() {
        var other = new HmacKey("another-secret-another-secret-anoth".getBytes(StandardCharsets.UTF_8));
        var expired = claims(c -> c.setExpirationTime(NumericDate.fromSeconds(now.getEpochSecond() - 60)));
        assertThat(why(bySecret(), sign(expired, "HS256", other, null))).isEqualTo(TokenRefusal.SIGNATURE);
        assertThat(why(byKeys(firstRsa), sign(expired, "RS256", secondRsa.getPrivateKey(), "first")))
                .isEqualTo(TokenRefusal.SIGNATURE);
    }

    @Test
    void saysWhichAlgorithmsAreTaken() {
        var byKeys = why(byKeys(firstRsa), hmac(c -> {}));
        assertThat(byKeys.reasons()).containsExactly("algorithm");
        assertThat(byKeys.detail()).contains("RS256, ES256 or EdDSA");
        var bySecret = why(bySecret(), rsa(firstRsa));
        assertThat(bySecret.reasons()).containsExactly("algorithm");
        assertThat(bySecret.detail()).contains("HS256");
        for (var nonsense : new String[] {"", ".", "..", "a.b.c", "a.b.c.d.e", "\u0000"}) {
            assertThat(why(bySecret(), nonsense)).isEqualTo(TokenRefusal.FORMAT);
            assertThat(why(byKeys(firstRsa), nonsense)).isEqualTo(TokenRefusal.FORMAT);
        }
    }
}

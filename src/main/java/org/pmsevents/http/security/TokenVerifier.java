package org.pmsevents.http.security;

import static org.jose4j.jwa.AlgorithmConstraints.ConstraintType.PERMIT;
import static org.jose4j.jws.AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.EDDSA;
import static org.jose4j.jws.AlgorithmIdentifiers.HMAC_SHA256;
import static org.jose4j.jws.AlgorithmIdentifiers.RSA_USING_SHA256;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.quarkus.runtime.Startup;
import io.quarkus.security.AuthenticationFailedException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwt.consumer.JwtContext;
import org.jose4j.keys.HmacKey;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.issuer.IdentityProvider;
import org.pmsevents.http.issuer.KeySet;
import org.pmsevents.http.issuer.KeysUnavailableException;

/**
 * Verifies JSON Web Tokens and returns their callers. The settings choose one mode, HS256 with the shared secret, or RS256, ES256 and
 * EdDSA with the issuer's key set, which an identity provider may name; with none, every token is refused. A token can't choose how it is verified (RFC 8725). Verification never blocks. A verified token is
 * cached for one minute.
 */
@Singleton
@Startup
public class TokenVerifier {
    private static final Logger LOG = Logger.getLogger(TokenVerifier.class);
    private static final int MIN_SECRET_BYTES = 32;
    private static final int MAX_ACTOR_LENGTH = 255;
    private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);
    private static final Duration MAX_LIFETIME = Duration.ofDays(365);
    private static final Duration CACHED_FOR = Duration.ofMinutes(1);
    private static final Duration PAUSE_BETWEEN_FETCHES = Duration.ofSeconds(10);
    private static final int MAX_CACHED = 2_000;
    private static final String SECRET_ALGORITHM = "HS256";
    private static final String[] KEY_SET_IDENTIFIERS = {RSA_USING_SHA256, ECDSA_USING_P256_CURVE_AND_SHA256, EDDSA};
    private static final String KEY_SET_ALGORITHMS = "RS256, ES256 or EdDSA";

    /** The audience of an identity provider's tokens, if the settings name neither one nor a client. */
    private static final String DEFAULT_AUDIENCE = "pms-events";

    private final Clock clock;
    private final @Nullable String issuer;
    private final List<String> audiences;
    private final RoleClaims roles;
    private final Function<String, Uni<JwtClaims>> mode;
    private final Cache<String, Caller> verified;

    @Inject
    public TokenVerifier(JwtConfig config, IdentityProvider provider, Vertx vertx, Clock clock) {
        this(config, provider, vertx, clock, PAUSE_BETWEEN_FETCHES);
    }

    TokenVerifier(JwtConfig config, IdentityProvider provider, Vertx vertx, Clock clock, Duration pauseBetweenFetches) {
        this.clock = clock;
        this.issuer = provider.issuer().or(config::issuer).orElse(null);
        this.audiences = audiences(config, provider);
        this.roles = new RoleClaims(config, provider);
        this.verified = Caffeine.newBuilder()
                .maximumSize(MAX_CACHED)
                .expireAfter(Expiry.<String, Caller>writing((token, caller) -> timeToLive(caller)))
                .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
                .executor(Runnable::run)
                .build();
        if (Stream.of(config.secret(), config.jwksUrl(), provider.issuer())
                        .filter(Optional::isPresent)
                        .count()
                > 1) {
            throw new IllegalStateException("Set only one of PMS_EVENTS_JWT_SECRET (HS256), PMS_EVENTS_JWT_JWKS_URL and"
                    + " PMS_EVENTS_OIDC_ISSUER (RS256, ES256, EdDSA).");
        }
        if (config.secret().isPresent()) {
            this.mode = bySecret(config.secret().get());
        } else if (config.jwksUrl().isPresent()) {
            this.mode = byKeySet(KeySet.at(checkedUrl(config.jwksUrl().get()), vertx, clock, pauseBetweenFetches));
        } else if (provider.issuer().isPresent()) {
            this.mode = byKeySet(provider.keys());
        } else {
            this.mode = token -> refused(TokenRefusal.NO_TOKENS);
            LOG.info(
                    "None of PMS_EVENTS_JWT_SECRET, PMS_EVENTS_JWT_JWKS_URL and PMS_EVENTS_OIDC_ISSUER is set: only API"
                            + " keys are accepted. The first one is made and printed by the command: create-key --name first --roles admin");
        }
    }

    /** Any one of them is enough; none: not checked, unless by an identity provider, which issues tokens for others too. */
    private static List<String> audiences(JwtConfig config, IdentityProvider provider) {
        var audiences = Stream.concat(config.audience().stream(), provider.clientId().stream())
                .toList();
        return audiences.isEmpty() && provider.issuer().isPresent() ? List.of(DEFAULT_AUDIENCE) : audiences;
    }

    /**
     * Verifies a token.
     *
     * @return fails with {@link AuthenticationFailedException}, which carries a {@link TokenRefusal}, if the token is not valid, and
     *     with {@link KeysUnavailableException} if the key set is unavailable
     */
    public Uni<Caller> verify(String token) {
        var cached = verified.getIfPresent(token);
        var until = cached == null ? null : cached.until();
        return cached != null && until != null && clock.instant().isBefore(until)
                ? Uni.createFrom().item(cached)
                : mode.apply(token).map(this::caller).invoke(caller -> verified.put(token, caller));
    }

    /** Never longer than the token is valid. */
    private Duration timeToLive(Caller caller) {
        var left = Duration.between(clock.instant(), Objects.requireNonNull(caller.until()));
        return left.compareTo(CACHED_FOR) < 0 ? left : CACHED_FOR;
    }

    private Function<String, Uni<JwtClaims>> bySecret(String secret) {
        var bytes = secret.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < MIN_SECRET_BYTES) {
            throw new IllegalStateException(
                    "PMS_EVENTS_JWT_SECRET must have at least " + MIN_SECRET_BYTES + " bytes (RFC 7518, section 3.2).");
        }
        var key = new HmacKey(bytes);
        return token -> claims(
                token,
                rules().setJwsAlgorithmConstraints(PERMIT, HMAC_SHA256).setVerificationKey(key),
                SECRET_ALGORITHM);
    }

    private Function<String, Uni<JwtClaims>> byKeySet(KeySet keySet) {
        return token -> {
            var header = header(token);
            if (!header.isForKeySet()) {
                return refused(header.isSigned() ? TokenRefusal.algorithm(KEY_SET_ALGORITHMS) : TokenRefusal.FORMAT);
            }
            return keySet.keysFor(header.keyId).chain(keys -> {
                var resolver = new JwksVerificationKeyResolver(keys);
                resolver.setDisambiguateWithVerifySignature(true);
                return claims(
                        token,
                        rules().setJwsAlgorithmConstraints(PERMIT, KEY_SET_IDENTIFIERS)
                                .setVerificationKeyResolver(resolver),
                        KEY_SET_ALGORITHMS);
            });
        };
    }

    /** The signature parameters of a token; the algorithm is null if the header can't be parsed. */
    private record Header(
            @Nullable String algorithm, @Nullable String keyId) {
        static final Header UNREADABLE = new Header(null, null);

        boolean isSigned() {
            return algorithm != null;
        }

        boolean isForKeySet() {
            return Arrays.asList(KEY_SET_IDENTIFIERS).contains(algorithm);
        }
    }

    private static Header header(String token) {
        try {
            JwtContext unverified = new JwtConsumerBuilder()
                    .setSkipAllValidators()
                    .setSkipSignatureVerification()
                    .build()
                    .process(token);
            var jose = unverified.getJoseObjects().get(0);
            return new Header(jose.getAlgorithmHeaderValue(), jose.getKeyIdHeaderValue());
        } catch (InvalidJwtException | RuntimeException e) {
            return Header.UNREADABLE;
        }
    }

    private JwtConsumerBuilder rules() {
        var rules = new JwtConsumerBuilder()
                .setRequireExpirationTime()
                .setRequireSubject()
                .setAllowedClockSkewInSeconds((int) CLOCK_SKEW.toSeconds())
                .setEvaluationTime(NumericDate.fromMilliseconds(clock.millis()));
        if (issuer != null) {
            rules.setExpectedIssuer(issuer);
        }
        return audiences.isEmpty()
                ? rules.setSkipDefaultAudienceValidation()
                : rules.setExpectedAudience(audiences.toArray(String[]::new));
    }

    private static Uni<JwtClaims> claims(String token, JwtConsumerBuilder rules, String algorithms) {
        try {
            return Uni.createFrom().item(rules.build().processToClaims(token));
        } catch (InvalidJwtException e) {
            return refused(TokenRefusal.of(e, algorithms));
        } catch (RuntimeException e) {
            return refused(TokenRefusal.FORMAT);
        }
    }

    private Caller caller(JwtClaims claims) {
        try {
            var actor = claims.getSubject();
            if (actor.isBlank()
                    || actor.length() > MAX_ACTOR_LENGTH
                    || actor.startsWith(Caller.KEY_ACTOR)
                    || actor.chars().anyMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c))) {
                throw TokenRefusal.SUBJECT.asFailure();
            }
            var expires = Instant.ofEpochMilli(claims.getExpirationTime().getValueInMillis());
            var latest = clock.instant().plus(MAX_LIFETIME);
            return Caller.withToken(
                    actor,
                    Roles.including(roles.in(claims)),
                    (expires.isBefore(latest) ? expires : latest).plus(CLOCK_SKEW));
        } catch (MalformedClaimException e) {
            throw TokenRefusal.FORMAT.asFailure();
        }
    }

    private static String checkedUrl(String url) {
        try {
            var scheme = URI.create(url).getScheme();
            if ("https".equals(scheme) || "http".equals(scheme)) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // reported below
        }
        throw new IllegalStateException(
                "PMS_EVENTS_JWT_JWKS_URL must be an address that begins with https:// or http://.");
    }

    private static Uni<JwtClaims> refused(TokenRefusal refusal) {
        return Uni.createFrom().failure(refusal.asFailure());
    }
}

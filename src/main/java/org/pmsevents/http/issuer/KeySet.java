package org.pmsevents.http.issuer;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/** The issuer's public keys (RFC 7517), fetched as {@link Fetched} has it: when first needed, and when a token names an unknown key. */
public final class KeySet {
    private static final Logger LOG = Logger.getLogger(KeySet.class);
    private static final Duration REFRESH_AFTER = Duration.ofMinutes(10);
    private static final String TYPES = "application/jwk-set+json, application/json";

    private final Fetched<List<JsonWebKey>> keys;

    private KeySet(Supplier<Future<String>> url, IssuerClient client, Clock clock, Duration pause) {
        this.keys = new Fetched<>(
                "key set for tokens",
                () -> url.get().compose(at -> client.read(at, TYPES)).compose(KeySet::read),
                clock,
                pause,
                REFRESH_AFTER);
    }

    /**
     * The keys at an address.
     *
     * @param pause the minimum time between two requests to the issuer
     */
    public static KeySet at(String url, Vertx vertx, Clock clock, Duration pause) {
        if (url.startsWith("http:")) {
            LOG.warn("PMS_EVENTS_JWT_JWKS_URL is not https: anyone on the network path to it can forge tokens");
        }
        return new KeySet(() -> Future.succeededFuture(url), new IssuerClient(vertx), clock, pause);
    }

    /** The keys of an identity provider, wherever it has them. */
    static KeySet of(Supplier<Future<String>> url, IssuerClient client, Clock clock, Duration pause) {
        return new KeySet(url, client, clock, pause);
    }

    /**
     * The keys to verify a token with.
     *
     * @param keyId {@code kid} of the token; null if it names none
     * @return fails with {@link KeysUnavailableException}
     */
    public Uni<List<JsonWebKey>> keysFor(@Nullable String keyId) {
        return keys.get(known -> isAmong(known, keyId));
    }

    private static Future<List<JsonWebKey>> read(Buffer body) {
        try {
            return Future.succeededFuture(List.copyOf(new JsonWebKeySet(body.toString()).getJsonWebKeys()));
        } catch (JoseException | RuntimeException e) {
            return Future.failedFuture("not a key set");
        }
    }

    private static boolean isAmong(List<JsonWebKey> keys, @Nullable String keyId) {
        return keyId == null ? !keys.isEmpty() : keys.stream().anyMatch(key -> keyId.equals(key.getKeyId()));
    }
}

package org.pmsevents.http.security;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * The issuer's public keys, fetched when first needed and when a token names a key that is not known yet (RFC 7517). It never blocks
 * a thread, never asks the issuer more often than every few seconds however many bad tokens come, has one request under way at most,
 * and keeps the keys it has while the issuer is away.
 */
final class KeySet {
    private static final Logger LOG = Logger.getLogger(KeySet.class);
    private static final Duration REFRESH_AFTER = Duration.ofMinutes(10);
    private static final Duration FORGET_AFTER = Duration.ofHours(24);
    private static final int MAX_BYTES = 1024 * 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 2_000;
    private static final long TIMEOUT_MILLIS = 5_000;

    private record Known(List<JsonWebKey> keys, long fetchedAt) {}

    private final String url;
    private final HttpClient http;
    private final Clock clock;
    private final Duration pause;
    private final AtomicReference<@Nullable Future<Known>> underWay = new AtomicReference<>();
    private volatile @Nullable Known known;
    private volatile long lastAttempt = Long.MIN_VALUE;
    private volatile @Nullable Throwable lastFailure;

    /** @param pause how long at least between two requests to the issuer */
    KeySet(String url, Vertx vertx, Clock clock, Duration pause) {
        this.url = url;
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                .setKeepAlive(false)
                .setMaxPoolSize(1));
        this.clock = clock;
        this.pause = pause;
        if (url.startsWith("http:")) {
            LOG.warn("PMS_EVENTS_JWT_JWKS_URL is no https: whoever is on the way to it can make tokens for anybody");
        }
    }

    /**
     * The keys among which the one for a token must be.
     *
     * @param keyId {@code kid} of the token; null if it names none
     */
    Uni<List<JsonWebKey>> keysFor(@Nullable String keyId) {
        var now = known;
        if (now != null && clock.millis() - now.fetchedAt > FORGET_AFTER.toMillis()) {
            known = null;
            now = null;
        }
        if (now != null && isAmong(now.keys, keyId)) {
            if (clock.millis() - now.fetchedAt > REFRESH_AFTER.toMillis() && mayAsk()) {
                fetch();
            }
            return Uni.createFrom().item(now.keys);
        }
        var fetching = underWay.get();
        if (fetching == null && !mayAsk()) {
            return lastFailure == null && now != null
                    ? Uni.createFrom().item(now.keys)
                    : Uni.createFrom().failure(new KeysUnavailableException(lastFailure));
        }
        var answer = fetching == null ? fetch() : fetching;
        var keys = Uni.createFrom()
                .completionStage(answer::toCompletionStage)
                .map(Known::keys)
                .onFailure()
                .transform(KeysUnavailableException::new);
        // whoever joins somebody else's request must not go on with a connection of its own on that one's event loop
        var context = Vertx.currentContext();
        return context == null ? keys : keys.emitOn(task -> context.runOnContext(go -> task.run()));
    }

    private boolean mayAsk() {
        return lastAttempt == Long.MIN_VALUE || clock.millis() - lastAttempt >= pause.toMillis();
    }

    private Future<Known> fetch() {
        var promise = Promise.<Known>promise();
        var other = underWay.compareAndExchange(null, promise.future());
        if (other != null) {
            return other;
        }
        lastAttempt = clock.millis();
        http.request(new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .setAbsoluteURI(url)
                        .setTimeout(TIMEOUT_MILLIS)
                        .putHeader("Accept", "application/jwk-set+json, application/json"))
                // on the request's own context: heard of later, a short answer would be over already
                .compose(request -> request.send().compose(this::body))
                .compose(this::read)
                .onComplete(result -> {
                    if (result.succeeded()) {
                        known = result.result();
                        lastFailure = null;
                    } else {
                        lastFailure = result.cause();
                        LOG.warnf("The key set for tokens can't be fetched: %s", result.cause());
                    }
                    underWay.set(null);
                    promise.handle(result);
                });
        return promise.future();
    }

    private Future<Buffer> body(HttpClientResponse response) {
        if (response.statusCode() != 200) {
            return Future.failedFuture("answered with status " + response.statusCode());
        }
        var body = Buffer.buffer();
        var whole = Promise.<Buffer>promise();
        response.handler(part -> {
                    if (body.length() + part.length() > MAX_BYTES) {
                        whole.tryFail("larger than " + MAX_BYTES + " bytes");
                        response.request().connection().close();
                    } else {
                        body.appendBuffer(part);
                    }
                })
                .exceptionHandler(whole::tryFail)
                .endHandler(end -> whole.tryComplete(body));
        return whole.future();
    }

    private Future<Known> read(Buffer body) {
        try {
            var keys = new JsonWebKeySet(body.toString()).getJsonWebKeys();
            return Future.succeededFuture(new Known(List.copyOf(keys), clock.millis()));
        } catch (JoseException | RuntimeException e) {
            return Future.failedFuture("not a key set");
        }
    }

    private static boolean isAmong(List<JsonWebKey> keys, @Nullable String keyId) {
        return keyId == null ? !keys.isEmpty() : keys.stream().anyMatch(key -> keyId.equals(key.getKeyId()));
    }
}

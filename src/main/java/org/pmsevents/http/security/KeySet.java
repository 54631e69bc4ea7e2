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
 * The issuer's public keys (RFC 7517), fetched when first needed and when a token names an unknown key. It never blocks a thread.
 * Requests to the issuer are single flight, with a minimum pause between them, however many invalid tokens arrive. While the issuer is
 * unavailable, the known keys remain in use.
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
    private final AtomicReference<@Nullable Future<Known>> inFlight = new AtomicReference<>();
    private volatile @Nullable Known known;
    private volatile long lastAttempt = Long.MIN_VALUE;
    private volatile @Nullable Throwable lastFailure;

    /** @param pause the minimum time between two requests to the issuer */
    KeySet(String url, Vertx vertx, Clock clock, Duration pause) {
        this.url = url;
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                .setKeepAlive(false)
                .setMaxPoolSize(1));
        this.clock = clock;
        this.pause = pause;
        if (url.startsWith("http:")) {
            LOG.warn("PMS_EVENTS_JWT_JWKS_URL is not https: anyone on the network path to it can forge tokens");
        }
    }

    /**
     * The keys to verify a token with.
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
            if (clock.millis() - now.fetchedAt > REFRESH_AFTER.toMillis() && mayFetch()) {
                fetch();
            }
            return Uni.createFrom().item(now.keys);
        }
        var fetching = inFlight.get();
        if (fetching == null && !mayFetch()) {
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
        // a caller that joins another's fetch must continue on its own context, not on the event loop of the fetch
        var context = Vertx.currentContext();
        return context == null ? keys : keys.emitOn(task -> context.runOnContext(go -> task.run()));
    }

    private boolean mayFetch() {
        return lastAttempt == Long.MIN_VALUE || clock.millis() - lastAttempt >= pause.toMillis();
    }

    private Future<Known> fetch() {
        var promise = Promise.<Known>promise();
        var other = inFlight.compareAndExchange(null, promise.future());
        if (other != null) {
            return other;
        }
        lastAttempt = clock.millis();
        http.request(new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .setAbsoluteURI(url)
                        .setTimeout(TIMEOUT_MILLIS)
                        .putHeader("Accept", "application/jwk-set+json, application/json"))
                // the body is read on the request's own context: on another one, a short answer could have ended before
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
                    inFlight.set(null);
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

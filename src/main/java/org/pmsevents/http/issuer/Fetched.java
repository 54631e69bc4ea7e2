package org.pmsevents.http.issuer;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What an issuer tells of itself, fetched when first needed and when what is known does not suffice. It never blocks a thread. Requests
 * to the issuer are single flight, with a minimum pause between them, however many invalid tokens arrive. While the issuer is
 * unavailable, what is known remains in use, for a day.
 */
final class Fetched<T> {
    private static final Logger LOG = Logger.getLogger(Fetched.class);
    private static final Duration FORGET_AFTER = Duration.ofHours(24);

    private record Known<T>(T value, long fetchedAt) {}

    private final String name;
    private final Supplier<Future<T>> read;
    private final Clock clock;
    private final Duration pause;
    private final Duration refreshAfter;
    private final AtomicReference<@Nullable Future<T>> inFlight = new AtomicReference<>();
    private volatile @Nullable Known<T> known;
    private volatile long lastAttempt = Long.MIN_VALUE;
    private volatile @Nullable Throwable lastFailure;

    /**
     * @param name what it is, for the log
     * @param pause the minimum time between two requests to the issuer
     * @param refreshAfter when what is known is fetched again, although it suffices
     */
    Fetched(String name, Supplier<Future<T>> read, Clock clock, Duration pause, Duration refreshAfter) {
        this.name = name;
        this.read = read;
        this.clock = clock;
        this.pause = pause;
        this.refreshAfter = refreshAfter;
    }

    /** What is known at the moment, however little it suffices; null for nothing. */
    @Nullable
    T known() {
        var now = known;
        return now == null ? null : now.value;
    }

    /**
     * What is known if it suffices, else what the issuer has now.
     *
     * @return fails with {@link KeysUnavailableException}
     */
    Uni<T> get(Predicate<T> suffices) {
        var now = known;
        if (now != null && clock.millis() - now.fetchedAt > FORGET_AFTER.toMillis()) {
            known = null;
            now = null;
        }
        if (now != null && suffices.test(now.value)) {
            if (clock.millis() - now.fetchedAt > refreshAfter.toMillis() && mayFetch()) {
                fetch();
            }
            return Uni.createFrom().item(now.value);
        }
        var fetching = inFlight.get();
        if (fetching == null && !mayFetch()) {
            // a fetch may have ended since
            var latest = known;
            if (latest != now && latest != null && suffices.test(latest.value)) {
                return Uni.createFrom().item(latest.value);
            }
            return lastFailure == null && now != null
                    ? Uni.createFrom().item(now.value)
                    : Uni.createFrom().failure(new KeysUnavailableException(lastFailure));
        }
        var answer = fetching == null ? fetch() : fetching;
        var value = Uni.createFrom()
                .completionStage(answer::toCompletionStage)
                .onFailure()
                .transform(KeysUnavailableException::new);
        // a caller that joins another's fetch must continue on its own context, not on the event loop of the fetch
        var context = Vertx.currentContext();
        return context == null ? value : value.emitOn(task -> context.runOnContext(go -> task.run()));
    }

    private boolean mayFetch() {
        return lastAttempt == Long.MIN_VALUE || clock.millis() - lastAttempt >= pause.toMillis();
    }

    private Future<T> fetch() {
        var promise = Promise.<T>promise();
        var other = inFlight.compareAndExchange(null, promise.future());
        if (other != null) {
            return other;
        }
        lastAttempt = clock.millis();
        read().onComplete(result -> {
            if (result.succeeded()) {
                known = new Known<>(result.result(), clock.millis());
                lastFailure = null;
            } else {
                lastFailure = result.cause();
                LOG.warnf("The %s can't be fetched: %s", name, result.cause());
            }
            inFlight.set(null);
            promise.handle(result);
        });
        return promise.future();
    }

    private Future<T> read() {
        try {
            return read.get();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }
}

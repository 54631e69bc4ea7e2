package org.pmsevents.cache.flow;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;

/**
 * One query of PostgreSQL for the loads of several keys that begin together. It runs when each of them has found out whether it needs
 * PostgreSQL, and is cancelled when all that do are cancelled.
 */
final class SharedFetch {
    private final Function<List<CacheKey>, Uni<Map<String, CacheEntry>>> query;
    private final Map<CacheKey, UniEmitter<? super CacheEntry>> waiting = new LinkedHashMap<>();
    /** Loads that may yet ask, and one for whoever begins them. */
    private int undecided = 1;

    private boolean asked;
    private int waitingFor;
    private @Nullable Cancellable running;

    /** @param query reads the entries of the keys, by id */
    SharedFetch(Function<List<CacheKey>, Uni<Map<String, CacheEntry>>> query) {
        this.query = query;
    }

    /** All loads have begun. */
    void allBegun() {
        decided();
    }

    /**
     * Takes part by a load that may call {@link Member#fetch}, once.
     *
     * @param load what the member does
     */
    <T> Uni<T> with(Function<Member, Uni<T>> load) {
        var member = new Member();
        synchronized (this) {
            undecided++;
        }
        return load.apply(member).onTermination().invoke(member::decide);
    }

    /** A load that takes part. */
    final class Member {
        private final AtomicBoolean decided = new AtomicBoolean();

        /** Returns the entry of the key, by the query of all. */
        Uni<CacheEntry> fetch(CacheKey key) {
            return Uni.createFrom().emitter(emitter -> {
                synchronized (SharedFetch.this) {
                    waiting.put(key, emitter);
                    waitingFor++;
                }
                emitter.onTermination(SharedFetch.this::left);
                decide();
            });
        }

        /** A load that has ended, or was cancelled, asks no more. */
        private void decide() {
            if (decided.compareAndSet(false, true)) {
                decided();
            }
        }
    }

    private void decided() {
        List<CacheKey> keys;
        synchronized (this) {
            undecided--;
            if (undecided > 0 || asked || waitingFor == 0) {
                return;
            }
            asked = true;
            keys = List.copyOf(waiting.keySet());
        }
        begun(Uni.createFrom()
                .deferred(() -> query.apply(keys))
                .subscribe()
                .with(
                        found -> waiting.forEach((key, emitter) -> emitter.complete(found.get(key.id()))),
                        failure -> waiting.forEach((key, emitter) -> emitter.fail(failure))));
    }

    private void begun(Cancellable query) {
        boolean late;
        synchronized (this) {
            running = query;
            late = waitingFor == 0;
        }
        if (late) {
            query.cancel();
        }
    }

    /** One that waited has its entry, or waits no longer. */
    private void left() {
        @Nullable Cancellable query;
        synchronized (this) {
            waitingFor--;
            query = waitingFor == 0 ? running : null;
        }
        if (query != null) {
            query.cancel();
        }
    }
}

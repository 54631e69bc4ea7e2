package org.pmsevents.apikey;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.pmsevents.platform.problem.AppException;

/**
 * Looks up what is not known yet, one query at a time for all that is asked meanwhile: whoever sends keys that don't exist has at most
 * one connection to PostgreSQL.
 */
final class KeyLookUps<T> {
    private static final int MOST_AT_ONCE = 500;
    private static final int MOST_WAITING = 2_000;

    private final Function<Set<String>, Uni<Map<String, T>>> query;
    private final Map<String, List<UniEmitter<? super Optional<T>>>> waiting = new LinkedHashMap<>();
    private int callers;
    private boolean underWay;

    /** @param query finds what there is of these ids */
    KeyLookUps(Function<Set<String>, Uni<Map<String, T>>> query) {
        this.query = query;
    }

    /**
     * Finds what has this id. Continues on the context of the caller.
     *
     * @throws AppException 503 {@code too-busy}, or what the query fails with
     */
    Uni<Optional<T>> find(String id) {
        var context = Vertx.currentContext();
        var found = Uni.createFrom().<Optional<T>>emitter(caller -> enter(id, caller));
        return context == null ? found : found.emitOn(task -> context.runOnContext(go -> task.run()));
    }

    private void enter(String id, UniEmitter<? super Optional<T>> caller) {
        synchronized (this) {
            if (callers >= MOST_WAITING) {
                caller.fail(AppException.unavailable("too-busy", "Too many API keys are being looked up.", 1));
                return;
            }
            callers++;
            waiting.computeIfAbsent(id, first -> new ArrayList<>()).add(caller);
            if (underWay) {
                return;
            }
            underWay = true;
        }
        next();
    }

    private void next() {
        var batch = take();
        if (batch.isEmpty()) {
            return;
        }
        Uni.createFrom()
                .deferred(() -> query.apply(batch.keySet()))
                .subscribe()
                .with(
                        found -> {
                            batch.forEach((id, all) ->
                                    all.forEach(caller -> caller.complete(Optional.ofNullable(found.get(id)))));
                            next();
                        },
                        failure -> {
                            batch.values().forEach(all -> all.forEach(caller -> caller.fail(failure)));
                            next();
                        });
    }

    /** Empty if nobody waits any more. */
    private synchronized Map<String, List<UniEmitter<? super Optional<T>>>> take() {
        var batch = new LinkedHashMap<String, List<UniEmitter<? super Optional<T>>>>();
        for (var id : List.copyOf(waiting.keySet())) {
            if (batch.size() == MOST_AT_ONCE) {
                break;
            }
            var all = waiting.remove(id);
            if (all != null) {
                callers -= all.size();
                batch.put(id, all);
            }
        }
        underWay = !batch.isEmpty();
        return batch;
    }
}

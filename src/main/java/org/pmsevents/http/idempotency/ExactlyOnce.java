package org.pmsevents.http.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.Detached;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.problem.AppException;

/**
 * Executes a change once, however often and on whichever replica it is requested. A request identifies its change by a key:
 *
 * <ol>
 *   <li>If an answer is stored under the key, it is replayed; another request under the same key is refused.
 *   <li>If the same key is in flight on this replica, the request may be refused as busy ({@link #exclusively}).
 *   <li>Otherwise the change is made, and its answer stored in the same transaction by a plain INSERT. If two replicas do this at once,
 *       the second INSERT waits for the first and then fails with {@link KeyTakenException}, so that its change is rolled back; the answer
 *       of the first is replayed. Neither a check beforehand nor a lock taken inside the statement can replace the INSERT: their snapshot
 *       is older than the other commit. {@code ON CONFLICT DO NOTHING} would commit the second change.
 *   <li>After a conflict (deadlock, serialization failure) nothing was changed; the transaction is repeated
 *       ({@link Attempt#repeatOnConflict}).
 *   <li>If the connection is lost during the commit, the stored answer is looked up first ({@link #lookUp}). If there is none, or
 *       PostgreSQL does not answer, the request fails with an unknown outcome.
 *   <li>A final refusal of the flow is an answer, and is stored as such ({@link Refusals}). Any other failure may not occur on a repeat,
 *       and is not stored.
 * </ol>
 *
 * <p>The change decides where its answer is stored, and when in the transaction. Stock is written in batches, many keys in one statement;
 * a batch uses the steps here that it shares with a single request: 4, 5 and the replay.
 */
public final class ExactlyOnce<K extends ExactlyOnce.Key> {
    private static final int LOOK_UPS = 4;
    private static final Duration BETWEEN_LOOK_UPS = Duration.ofMillis(250);
    private static final Duration ALL_LOOK_UPS = Duration.ofSeconds(10);

    private final Store<K> store;
    private final Set<Object> inFlight = ConcurrentHashMap.newKeySet();

    public ExactlyOnce(Store<K> store) {
        this.store = store;
    }

    /** The answers that are stored under keys of one kind. */
    @FunctionalInterface
    public interface Store<K> {
        /** The committed answer under the key, unless it has expired. */
        Uni<Optional<StoredAnswer>> find(K key);
    }

    /** Identifies a change, and creates the failures of requests that get no answer under it. */
    public interface Key {
        /** Identifies the stored answer; the same for every request for the change. */
        Object scope();

        /** A digest of the request; a scope is valid for one request only. */
        Buffer fingerprint();

        /** Called before a stored answer is replayed. */
        default void markReplayed() {}

        /** The failure if the scope was used for another request. */
        AppException reused();

        /** The failure if another request under the same key is in flight, or has stored no answer. This one has changed nothing. */
        AppException busy();

        /** The failure if it can't be determined whether the change was made. */
        Throwable outcomeUnknown(OutcomeUnknownException cause);
    }

    /**
     * Makes the change unless its answer is stored.
     *
     * @param replay parses the stored answer
     * @param change stores its answer under the key in its transaction, or fails with {@link KeyTakenException}
     * @throws AppException the failures of the key; a stored refusal; a refusal of the change
     */
    public <T> Uni<T> execute(K key, Function<StoredAnswer, T> replay, Supplier<Uni<T>> change) {
        return store.find(key)
                .chain(stored -> stored.isPresent() ? replay(key, stored.get(), replay) : first(key, replay, change));
    }

    /**
     * Does the work unless other work under the same key is in flight on this replica, even if the caller of that has disconnected.
     *
     * @throws AppException {@link Key#busy}
     */
    public <T> Uni<T> exclusively(K key, Supplier<Uni<T>> work) {
        return Detached.of(() -> {
            if (!inFlight.add(key.scope())) {
                throw key.busy();
            }
            return Uni.createFrom().deferred(work::get).onTermination().invoke(() -> inFlight.remove(key.scope()));
        });
    }

    /** Reads what is committed; retries a failure up to 4 times within 10 s, and fails with the last one. */
    public static <T> Uni<T> lookUp(Supplier<Uni<T>> find) {
        return Uni.createFrom()
                .deferred(find::get)
                .onFailure()
                .retry()
                .withBackOff(BETWEEN_LOOK_UPS)
                .atMost(LOOK_UPS)
                .ifNoItem()
                .after(ALL_LOOK_UPS)
                .fail();
    }

    /** The change is not retried here: if no answer is stored, the client can repeat the request under its key, which is always safe. */
    private <T> Uni<T> first(K key, Function<StoredAnswer, T> replay, Supplier<Uni<T>> change) {
        return Uni.createFrom()
                .deferred(change::get)
                .onFailure(KeyTakenException.class)
                .recoverWithUni(taken -> lookUp(key, replay, key.busy().because(taken)))
                .onFailure(OutcomeUnknownException.class)
                .recoverWithUni(lost -> settle(key, replay, (OutcomeUnknownException) lost));
    }

    private <T> Uni<T> settle(K key, Function<StoredAnswer, T> replay, OutcomeUnknownException lost) {
        var unknown = key.outcomeUnknown(lost);
        return lost.isUnreplicated() ? Uni.createFrom().failure(unknown) : lookUp(key, replay, unknown);
    }

    private <T> Uni<T> lookUp(K key, Function<StoredAnswer, T> replay, Throwable otherwise) {
        return lookUp(() -> store.find(key))
                .onFailure()
                .transform(unanswered -> otherwise)
                .chain(stored -> stored.isPresent()
                        ? replay(key, stored.get(), replay)
                        : Uni.createFrom().failure(otherwise));
    }

    private static <T> Uni<T> replay(Key key, StoredAnswer stored, Function<StoredAnswer, T> replay) {
        return Uni.createFrom().item(() -> replay.apply(stored.replayedTo(key)));
    }
}

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
 * Executes a change once however often it is requested, on whichever replica. A request names its change by a key:
 *
 * <ol>
 *   <li>If an answer is stored under the key, it is replayed; another request under the same key is refused.
 *   <li>If the same key is in flight on this replica, the request may be refused as busy ({@link #exclusively}).
 *   <li>Otherwise the change is made, and its answer stored in the same transaction by a plain INSERT. If two replicas do this at once,
 *       the second INSERT waits for the first and then fails with {@link KeyTakenException}, so that its change is rolled back; the answer
 *       of the first is replayed. Neither a look beforehand nor a lock tried inside the statement can replace that: their snapshot is
 *       older than the other commit. {@code ON CONFLICT DO NOTHING} would let the second change be committed.
 *   <li>After a conflict (deadlock, serialization failure) nothing was changed; the transaction is repeated
 *       ({@link Attempt#repeatOnConflict}).
 *   <li>If the connection is lost during the commit, PostgreSQL is asked what was stored ({@link #lookUp}) before anything else is done. If
 *       it does not know or does not answer, the caller is told that the outcome is unknown.
 *   <li>A refusal that the flow decides for good is an answer, and is stored as such ({@link Refusals}). Any other failure may be different
 *       the next time, and is not stored.
 * </ol>
 *
 * <p>Where the answer is stored, and when in the transaction, is the change's own affair. Stock is written in batches, many keys in one
 * statement, and takes from here the steps that a batch shares with a single request: 4, 5 and the replay.
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
        /** What is committed under the key and has not expired. */
        Uni<Optional<StoredAnswer>> find(K key);
    }

    /** What names a change, and what a caller is told who does not get an answer under it. */
    public interface Key {
        /** What the answer is stored under; the same for every request for the change. */
        Object scope();

        /** A digest of what is requested; a scope is for one only. */
        Buffer fingerprint();

        /** Called before a stored answer is given. */
        default void markReplayed() {}

        /** The scope was used for another request. */
        AppException reused();

        /** Another request under the same key is in flight, or has been and left no answer. This one has changed nothing. */
        AppException busy();

        /** Whether the change was made can't be found out. */
        Throwable outcomeUnknown(OutcomeUnknownException cause);
    }

    /**
     * Makes the change unless its answer is stored.
     *
     * @param replay reads the stored answer
     * @param change stores its answer under the key in its transaction, or fails with {@link KeyTakenException}
     * @throws AppException what the key says; a stored refusal; what the change refuses
     */
    public <T> Uni<T> execute(K key, Function<StoredAnswer, T> replay, Supplier<Uni<T>> change) {
        return store.find(key)
                .chain(stored -> stored.isPresent() ? replay(key, stored.get(), replay) : first(key, replay, change));
    }

    /**
     * Does the work unless other work under the same key is in flight on this replica, whether its caller still waits or not.
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

    /** Asks PostgreSQL what is committed, several times within 10 s if it does not answer; fails as the last time. */
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

    /** Nothing is repeated here: if nothing is stored, the request itself is to be repeated under its key, which is safe at any time. */
    private <T> Uni<T> first(K key, Function<StoredAnswer, T> replay, Supplier<Uni<T>> change) {
        return Uni.createFrom()
                .deferred(change::get)
                .onFailure(KeyTakenException.class)
                .recoverWithUni(taken -> lookUp(key, replay, key.busy().because(taken)))
                .onFailure(OutcomeUnknownException.class)
                .recoverWithUni(lost -> lookUp(key, replay, key.outcomeUnknown((OutcomeUnknownException) lost)));
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

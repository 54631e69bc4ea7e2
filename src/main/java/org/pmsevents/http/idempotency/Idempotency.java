package org.pmsevents.http.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.Detached;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * Makes a request with an {@code Idempotency-Key} happen once however often it is sent: its answer is committed together with its
 * change, and given again to whoever sends the same under the same key within 24 hours.
 */
@ApplicationScoped
public class Idempotency {
    private static final int PRUNED_AT_ONCE = 5_000;

    private final IdempotencyTable table;
    private final Transactions transactions;
    private final Set<Buffer> underWay = ConcurrentHashMap.newKeySet();

    Idempotency(IdempotencyTable table, Transactions transactions) {
        this.table = table;
        this.transactions = transactions;
    }

    /** Keeps the answer of a change in its transaction; does nothing for a request without a key. */
    @FunctionalInterface
    public interface Keeper {
        Uni<Void> keep(SqlClient transaction, String answer);
    }

    /**
     * Does the work unless its answer is kept already.
     *
     * @param again reads the answer that the work has kept
     * @param work keeps its answer in the transaction of its change; refusals (404, 409, 412) are kept for it
     * @throws AppException 409 {@code idempotency-key-busy}; 422 {@code idempotency-key-reused}; what the work refuses
     */
    public <T> Uni<T> once(@Nullable IdempotencyKey key, Function<String, T> again, Function<Keeper, Uni<T>> work) {
        if (key == null) {
            return work.apply((transaction, answer) -> Uni.createFrom().voidItem());
        }
        return alone(
                key,
                () -> find(key)
                        .chain(stored -> stored.isPresent() ? replay(key, stored.get(), again) : first(key, again, work)));
    }

    /**
     * Refuses a second request under the same key while the first is under way on this replica, whether its caller still waits or
     * not.
     *
     * @throws AppException 409 {@code idempotency-key-busy}
     */
    public <T> Uni<T> alone(@Nullable IdempotencyKey key, Supplier<Uni<T>> work) {
        if (key == null) {
            return work.get();
        }
        return Detached.of(() -> {
            if (!underWay.add(key.scope())) {
                throw AppException.conflict(
                        "idempotency-key-busy", "A request with this Idempotency-Key is still under way.");
            }
            return Uni.createFrom().deferred(work::get).onTermination().invoke(() -> underWay.remove(key.scope()));
        });
    }

    /** Deletes what has expired. */
    public Uni<Void> prune() {
        return transactions
                .run(transaction -> table.prune(transaction, PRUNED_AT_ONCE))
                .repeat()
                .whilst(deleted -> deleted == PRUNED_AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private <T> Uni<T> first(IdempotencyKey key, Function<String, T> again, Function<Keeper, Uni<T>> work) {
        return work.apply((transaction, answer) -> table.insert(transaction, key, false, answer))
                .onFailure(Refusals::isKept)
                .recoverWithUni(refusal -> keepRefusal(key, (AppException) refusal))
                .onFailure(
                        failure -> failure instanceof KeyTakenException || failure instanceof OutcomeUnknownException)
                .recoverWithUni(failure -> secondBest(key, again, failure));
    }

    /** Somebody else was first, or this was and did not hear of it. */
    private <T> Uni<T> secondBest(IdempotencyKey key, Function<String, T> again, Throwable otherwise) {
        return find(key)
                .onFailure()
                .transform(failure -> otherwise)
                .chain(stored -> stored.isPresent()
                        ? replay(key, stored.get(), again)
                        : Uni.createFrom().failure(unknown(otherwise)));
    }

    /** Whoever held the key has let it go since: neither that nor the present request has changed anything that can be told. */
    private static Throwable unknown(Throwable otherwise) {
        return otherwise instanceof KeyTakenException
                ? AppException.conflict(
                        "idempotency-key-busy", "A request with this Idempotency-Key is still under way.")
                : otherwise;
    }

    private <T> Uni<T> keepRefusal(IdempotencyKey key, AppException refusal) {
        return transactions
                .run(transaction -> table.insert(transaction, key, true, Refusals.write(refusal)))
                .chain(() -> Uni.createFrom().failure(refusal));
    }

    private Uni<Optional<StoredAnswer>> find(IdempotencyKey key) {
        return transactions
                .read(client -> table.find(client, List.of(key.scope())))
                .map(found -> Optional.ofNullable(found.get(key.scope())));
    }

    private static <T> Uni<T> replay(IdempotencyKey key, StoredAnswer stored, Function<String, T> again) {
        return Uni.createFrom().item(() -> again.apply(stored.replayedTo(key).answer()));
    }
}

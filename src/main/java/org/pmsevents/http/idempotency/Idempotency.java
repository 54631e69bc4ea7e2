package org.pmsevents.http.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * Executes a request with an {@code Idempotency-Key} once ({@link ExactlyOnce}). Its answer is replayed to the same request under the
 * same key within 24 hours. A request without a key is executed every time.
 */
@ApplicationScoped
public class Idempotency {
    private final IdempotencyTable table;
    private final Transactions transactions;
    private final ExactlyOnce<IdempotencyKey> exactlyOnce;

    Idempotency(IdempotencyTable table, Transactions transactions) {
        this.table = table;
        this.transactions = transactions;
        this.exactlyOnce = new ExactlyOnce<>(this::stored);
    }

    /**
     * Executes the flow unless its answer is stored already.
     *
     * @param readAnswer parses an answer that the flow stored
     * @param flow stores its answer in the transaction of its change; its refusals (404, 409, 412) are stored here
     * @throws AppException 409 {@code idempotency-key-busy}; 422 {@code idempotency-key-reused}; what the flow refuses
     */
    public <T> Uni<T> once(
            @Nullable IdempotencyKey key, Function<String, T> readAnswer, Function<AnswerWriter, Uni<T>> flow) {
        if (key == null) {
            return flow.apply(new AnswerWriter(table, null));
        }
        return exactlyOnce.exclusively(
                key,
                () -> exactlyOnce.execute(
                        key, stored -> readAnswer.apply(stored.answer()), () -> storingRefusals(key, flow)));
    }

    /**
     * Refuses a second request under the same key while the first is in flight on this replica, even if its caller has disconnected.
     *
     * @throws AppException 409 {@code idempotency-key-busy}
     */
    public <T> Uni<T> exclusively(@Nullable IdempotencyKey key, Supplier<Uni<T>> work) {
        return key == null ? work.get() : exactlyOnce.exclusively(key, work);
    }

    /** The stored answers of these keys, by their scopes. */
    public Uni<Map<Buffer, StoredAnswer>> find(Collection<IdempotencyKey> keys) {
        var scopes = keys.stream().map(IdempotencyKey::scope).toList();
        return transactions.read(client -> table.find(client, scopes));
    }

    /** Deletes expired answers, up to the given number; returns how many rows it deleted. */
    public Uni<Integer> prune(int most) {
        return transactions.run(transaction -> table.prune(transaction, most));
    }

    private Uni<Optional<StoredAnswer>> stored(IdempotencyKey key) {
        return find(List.of(key)).map(found -> Optional.ofNullable(found.get(key.scope())));
    }

    /** A refusal rolls the change back, so it is stored in a transaction of its own. */
    private <T> Uni<T> storingRefusals(IdempotencyKey key, Function<AnswerWriter, Uni<T>> flow) {
        return flow.apply(new AnswerWriter(table, key))
                .onFailure(Refusals::isStored)
                .recoverWithUni(refusal -> transactions
                        .run(transaction ->
                                table.insert(transaction, key, true, Refusals.write((AppException) refusal)))
                        .chain(() -> Uni.createFrom().failure(refusal)));
    }
}

package org.pmsevents.event.handler;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.platform.database.Transactions;

/** Reads and retries the dead letters that {@link DeadLetterWriter} has stored. */
@ApplicationScoped
public class DeadLetters {
    private final HandlerTable table;
    private final DurableHandlers handlers;
    private final Transactions transactions;
    private final Pool pool;
    private final EventCodec codec;

    DeadLetters(HandlerTable table, DurableHandlers handlers, Transactions transactions, Pool pool, EventCodec codec) {
        this.table = table;
        this.handlers = handlers;
        this.transactions = transactions;
        this.pool = pool;
        this.codec = codec;
    }

    /** The handler of a dead letter failed again. */
    public static final class FailedAgainException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        FailedAgainException(Throwable cause) {
            super(cause);
        }
    }

    public Uni<List<HandlerTable.DeadLetter>> read(@Nullable UUID after, int limit) {
        return table.deadLetters(pool, after, limit);
    }

    public Uni<Optional<HandlerTable.DeadLetter>> find(UUID id) {
        return table.findDeadLetter(pool, id);
    }

    /**
     * Passes the event of a dead letter to its handler again, and deletes the dead letter if the handler succeeds. Completes with the dead
     * letter, or empty if there is none with that id.
     *
     * @param beforeCommit work in the same transaction, run after the handler has succeeded
     * @throws FailedAgainException if the handler fails; the dead letter stays
     */
    public Uni<Optional<HandlerTable.DeadLetter>> retry(UUID id, Function<SqlClient, Uni<Void>> beforeCommit) {
        return transactions.run(transaction -> table.takeDeadLetter(transaction, id)
                .call(found -> found.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : retry(transaction, found.get())
                                .onFailure()
                                .transform(FailedAgainException::new)
                                .chain(() -> table.deleteDeadLetter(transaction, id))
                                .chain(() -> beforeCommit.apply(transaction))));
    }

    private Uni<Void> retry(SqlClient transaction, HandlerTable.DeadLetter letter) {
        return Uni.createFrom().deferred(() -> {
            var event = new FeedEvent(letter.position(), codec.decode(letter.event()), letter.event());
            return handlers.take(letter.handler(), transaction, event);
        });
    }
}

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

/** The dead letters: what {@link DeadLetterWriter} has put aside, to be looked at and tried again. */
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

    /** A dead letter's handler could not take the event this time either. */
    public static final class FailedAgainException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        FailedAgainException(Throwable cause) {
            super(cause);
        }
    }

    public Uni<List<HandlerTable.DeadLetter>> read(@Nullable UUID after, int limit) {
        return table.deadLetters(pool, after, limit);
    }

    /**
     * Tries a dead letter again; it is gone if its handler takes it this time, and stays if not.
     *
     * @param also what is to be done in the same transaction, if that is committed
     * @throws FailedAgainException if not
     */
    public Uni<Optional<HandlerTable.DeadLetter>> retry(UUID id, Function<SqlClient, Uni<Void>> also) {
        return transactions.run(transaction -> table.takeDeadLetter(transaction, id)
                .call(found -> found.isEmpty()
                        ? Uni.createFrom().voidItem()
                        : retry(transaction, found.get())
                                .onFailure()
                                .transform(FailedAgainException::new)
                                .chain(() -> table.bury(transaction, id))
                                .chain(() -> also.apply(transaction))));
    }

    private Uni<Void> retry(SqlClient transaction, HandlerTable.DeadLetter letter) {
        return Uni.createFrom().deferred(() -> {
            var event = new FeedEvent(letter.position(), codec.decode(letter.event()), letter.event());
            return handlers.take(letter.handler(), transaction, event);
        });
    }
}

package org.pmsevents.http.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import org.jspecify.annotations.Nullable;

/** Stores the answer to a request under its key, in the transaction of the change; does nothing for a request without a key. */
public final class AnswerWriter {
    private final IdempotencyTable table;
    private final @Nullable IdempotencyKey key;

    AnswerWriter(IdempotencyTable table, @Nullable IdempotencyKey key) {
        this.table = table;
        this.key = key;
    }

    /** For a change whose statement stores the answer itself ({@link IdempotencyTable#INSERT_INTO}). */
    public @Nullable IdempotencyKey key() {
        return key;
    }

    /**
     * Stores the answer as the last statement of the change, so that the key is locked only briefly.
     *
     * @param answer JSON
     * @throws KeyTakenException if an answer is stored already; the transaction is aborted
     */
    public Uni<Void> store(SqlClient transaction, String answer) {
        return key == null ? Uni.createFrom().voidItem() : table.insert(transaction, key, false, answer);
    }

    /** The same for a change of several transactions, of which the first has stored an answer that was true by then. */
    public Uni<Void> replace(SqlClient transaction, String answer) {
        return key == null ? Uni.createFrom().voidItem() : table.replace(transaction, key, answer);
    }
}

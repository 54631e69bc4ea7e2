package org.pmsevents.http.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;

/** Stores the answer to a request under its key, in the transaction of the change; does nothing for a request without a key. */
@FunctionalInterface
public interface AnswerWriter {
    /**
     * Stores the answer as the last statement of the change, so that the key is locked only briefly.
     *
     * @param answer JSON
     * @throws KeyTakenException if an answer is stored already; the transaction is aborted
     */
    Uni<Void> store(SqlClient transaction, String answer);
}

package org.pmsevents.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Transaction;
import io.vertx.sqlclient.DatabaseException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Function;

/**
 * Runs a flow's work in one PostgreSQL transaction, which the server ends by itself if this replica stops answering, so that a
 * paused replica never holds a row for long.
 */
@ApplicationScoped
public class Transactions {
    private static final String LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '5s';"
            + " SET LOCAL idle_in_transaction_session_timeout = '5s'";

    private final Pool pool;

    Transactions(Pool pool) {
        this.pool = pool;
    }

    /**
     * Commits what the work did if it succeeds, rolls it back if it fails.
     *
     * @throws OutcomeUnknownException if the connection was lost during the commit
     */
    public <T> Uni<T> run(Function<SqlClient, Uni<T>> work) {
        return pool.getConnection()
                .chain(connection -> connection
                        .begin()
                        .chain(transaction -> connection
                                .query(LIMITS)
                                .execute()
                                .chain(() -> work.apply(connection))
                                .onFailure()
                                .call(() -> rollback(transaction))
                                .call(() -> commit(transaction)))
                        .onTermination()
                        .call(() -> release(connection)));
    }

    private static Uni<Void> commit(Transaction transaction) {
        return transaction
                .commit()
                .onFailure(failure -> !(failure instanceof DatabaseException))
                .transform(OutcomeUnknownException::new);
    }

    private static Uni<Void> rollback(Transaction transaction) {
        return transaction.rollback().onFailure().recoverWithNull();
    }

    private static Uni<Void> release(SqlConnection connection) {
        return connection.close().onFailure().recoverWithNull();
    }
}

package org.pmsevents.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Transaction;
import io.vertx.sqlclient.DatabaseException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.function.Function;

/**
 * Runs a flow's work in one PostgreSQL transaction, which the server ends by itself if this replica stops answering, so that a
 * paused replica never holds a row for long.
 */
@ApplicationScoped
public class Transactions {
    private static final String LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '5s';"
            + " SET LOCAL idle_in_transaction_session_timeout = '5s'";

    private static final Duration CONNECTION = Duration.ofSeconds(5);
    /** Longer than the server's own limit of a statement, which says better what was wrong. */
    private static final Duration WORK = Duration.ofSeconds(12);

    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final Pool pool;

    Transactions(Pool pool) {
        this.pool = pool;
    }

    /**
     * Commits what the work did if it succeeds, rolls it back if it fails.
     *
     * @throws OutcomeUnknownException if the connection was lost, or did not answer, during the commit
     */
    public <T> Uni<T> run(Function<SqlClient, Uni<T>> work) {
        return pool.getConnection()
                .ifNoItem()
                .after(CONNECTION)
                .fail()
                .chain(connection -> connection
                        .begin()
                        .chain(transaction -> limited(connection, work)
                                .ifNoItem()
                                .after(WORK)
                                .fail()
                                .onFailure()
                                .call(() -> rollback(transaction))
                                .call(() -> commit(transaction)))
                        .onTermination()
                        .call(() -> release(connection)));
    }

    /** Runs a query that needs no transaction, for as long as a reader waits. */
    public <T> Uni<T> read(Function<SqlClient, Uni<T>> query) {
        return query.apply(pool).ifNoItem().after(ANSWER).fail();
    }

    private static <T> Uni<T> limited(SqlConnection connection, Function<SqlClient, Uni<T>> work) {
        return connection.query(LIMITS).execute().chain(() -> work.apply(connection));
    }

    private static Uni<Void> commit(Transaction transaction) {
        return transaction
                .commit()
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure(failure -> !(failure instanceof DatabaseException))
                .transform(OutcomeUnknownException::new);
    }

    private static Uni<Void> rollback(Transaction transaction) {
        return transaction
                .rollback()
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .recoverWithNull();
    }

    private static Uni<Void> release(SqlConnection connection) {
        return connection.close().onFailure().recoverWithNull();
    }
}

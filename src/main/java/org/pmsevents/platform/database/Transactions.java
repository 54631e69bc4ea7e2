package org.pmsevents.platform.database;

import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Transaction;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.DatabaseException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.tracing.Traced;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Runs the work of a flow in one PostgreSQL transaction. The server ends the transaction if this replica stops responding, so that
 * a paused replica never holds row locks for long.
 */
@ApplicationScoped
public class Transactions {
    private static final String LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '5s';"
            + " SET LOCAL idle_in_transaction_session_timeout = '5s'";

    /** Locks that may be held for a limited time are released soon after it, even by a replica that is paused. */
    private static final String HELD_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '1500ms'";

    private static final Logger LOG = Logger.getLogger(Transactions.class);

    /** Longer than the server's timeout of a statement, whose error is more precise. */
    private static final Duration WORK = Duration.ofSeconds(12);

    private static final Duration ANSWER = Duration.ofSeconds(5);

    /**
     * The timeout of a statement that is a transaction of its own; others may hold its rows for as long as {@link #LIMITS} allows.
     */
    private static final Duration STATEMENT = Duration.ofSeconds(10);

    /** The SQLSTATE class by which a pooler reports a lost server connection, perhaps after the commit. */
    private static final String CONNECTION_LOST = "08";

    private final Pool pool;
    private final Vertx vertx;
    private final Tracing tracing;

    Transactions(Pool pool, Vertx vertx, Tracing tracing) {
        this.pool = pool;
        this.vertx = vertx;
        this.tracing = tracing;
    }

    /**
     * Commits if the work succeeds, rolls back if it fails.
     *
     * @throws OutcomeUnknownException if the connection was lost, or did not respond, during the commit
     */
    public <T> Uni<T> run(Function<SqlClient, Uni<T>> work) {
        return run(LIMITS, work);
    }

    /** The same, recorded in the trace of {@code about}. */
    public <T> Uni<T> run(Traced about, Function<SqlClient, Uni<T>> work) {
        return tracing.isOn() ? recorded(about, () -> run(work)) : run(work);
    }

    /**
     * The same for work that is repeated if it is lost: the commit does not wait for the disk, and a crash of the server right
     * after it may undo all of it.
     */
    public <T> Uni<T> runRepeatable(Function<SqlClient, Uni<T>> work) {
        return run(LIMITS + "; SET LOCAL synchronous_commit = off", work);
    }

    /**
     * The same for work that holds locks which others wait for. When the time is over, the server cancels the running statement,
     * even if that is itself waiting for a lock.
     *
     * @throws io.smallrye.mutiny.TimeoutException if the time ended between two statements
     */
    public <T> Uni<T> runWithin(Traced about, Duration limit, Function<Limited, Uni<T>> work) {
        return recorded(
                about,
                () -> run(HELD_LIMITS, client -> work.apply(new Limited(client, System.nanoTime() + limit.toNanos()))));
    }

    private <T> Uni<T> recorded(Traced about, Supplier<Uni<T>> transaction) {
        return tracing.within(Kind.CLIENT, "transaction", about, span -> {
            span.with("db.system.name", "postgresql");
            return transaction.get();
        });
    }

    /** A transaction with a time limit. */
    public static final class Limited {
        private final SqlClient client;
        private final long end;

        private Limited(SqlClient client, long end) {
            this.client = client;
            this.end = end;
        }

        /** Runs the next statement within the remaining time. */
        public <T> Uni<T> next(Function<SqlClient, Uni<T>> statement) {
            return Uni.createFrom().deferred(() -> {
                long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
                return left < 1
                        ? Uni.createFrom().failure(new TimeoutException())
                        : client.query("SET LOCAL statement_timeout = " + left)
                                .execute()
                                .chain(() -> statement.apply(client));
            });
        }
    }

    private <T> Uni<T> run(String limits, Function<SqlClient, Uni<T>> work) {
        return Detached.of(() -> pool.getConnection()
                .chain(connection ->
                        transact(connection, limits, work).onTermination().invoke(() -> release(connection))));
    }

    private static <T> Uni<T> transact(SqlConnection connection, String limits, Function<SqlClient, Uni<T>> work) {
        return connection
                .begin()
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .chain(transaction -> limited(connection, limits, work)
                        .ifNoItem()
                        .after(WORK)
                        .fail()
                        .onFailure()
                        .call(() -> rollback(transaction))
                        .call(() -> commit(transaction)));
    }

    /**
     * Runs one statement that is a transaction of its own. A statement that takes too long is cancelled, so that it fails instead
     * of ending with an unknown outcome.
     *
     * @throws OutcomeUnknownException if the connection was lost, or did not respond at all, while it ran
     */
    public <T> Uni<T> statement(Function<SqlClient, Uni<T>> work) {
        return Detached.of(() -> pool.getConnection().chain(connection -> {
            var cancelling = new AtomicReference<@Nullable Future<Void>>();
            long limit = vertx.setTimer(STATEMENT.toMillis(), timer -> cancelling.set(cancel(connection)));
            return Uni.createFrom()
                    .deferred(() -> work.apply(connection))
                    .onFailure(failure -> !isFromServer(failure))
                    .transform(OutcomeUnknownException::new)
                    .onTermination()
                    .invoke(() -> {
                        vertx.cancelTimer(limit);
                        // otherwise the next statement on this connection would be cancelled
                        releaseAfter(cancelling.get(), connection);
                    });
        }));
    }

    /** Whether the server itself has reported the error, whatever a table has made of it: then nothing was changed. */
    private static boolean isFromServer(@Nullable Throwable failure) {
        if (failure instanceof DatabaseException refusal) {
            return !String.valueOf(refusal.getSqlState()).startsWith(CONNECTION_LOST);
        }
        return failure != null && isFromServer(failure.getCause());
    }

    private static void releaseAfter(@Nullable Future<Void> cancelling, SqlConnection connection) {
        if (cancelling == null) {
            release(connection);
        } else {
            cancelling.onComplete(cancelled -> release(connection));
        }
    }

    private static Future<Void> cancel(SqlConnection connection) {
        return connection.getDelegate() instanceof PgConnection postgres
                ? postgres.cancelRequest()
                        .onFailure(failure ->
                                LOG.warnf("a statement that took too long was not cancelled: %s", failure.toString()))
                : Future.succeededFuture();
    }

    /** Runs a query that needs no transaction, within the timeout of readers. */
    public <T> Uni<T> read(Function<SqlClient, Uni<T>> query) {
        return query.apply(pool).ifNoItem().after(ANSWER).fail();
    }

    private static <T> Uni<T> limited(SqlConnection connection, String limits, Function<SqlClient, Uni<T>> work) {
        return connection.query(limits).execute().chain(() -> work.apply(connection));
    }

    private static Uni<Void> commit(Transaction transaction) {
        return transaction
                .commit()
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure(failure -> !isFromServer(failure))
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

    private static void release(SqlConnection connection) {
        connection.close().subscribe().with(released -> {}, failure -> LOG.debugf("not released: %s", failure));
    }
}

package org.pmsevents.platform.database;

import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Transaction;
import io.vertx.sqlclient.DatabaseException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
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
    /** Whatever the database's default is: the statements that lock rely on it, and the others conflict less. */
    private static final String ISOLATION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; ";

    private static final String LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '5s';"
            + " SET LOCAL idle_in_transaction_session_timeout = '5s'";

    /** As {@link #LIMITS}, where the transaction is tried again when others hold its rows. */
    private static final String SHORT_LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '250ms';"
            + " SET LOCAL idle_in_transaction_session_timeout = '5s'";

    private static final Duration LONGEST_LOCKED = Duration.ofSeconds(5);

    /** Lock timeout, deadlock, serialization failure: others were in the way, and nothing was changed. */
    private static final Set<String> IN_THE_WAY = Set.of("55P03", "40P01", "40001");

    /** Locks that may be held for a limited time are released soon after it, even by a replica that is paused. */
    private static final String HELD_LIMITS = "SET LOCAL idle_in_transaction_session_timeout = '1500ms'";

    /** Others may hold the rows of a single statement for as long as {@link #LIMITS} allows. */
    private static final String BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '10s';"
            + " SET LOCAL idle_in_transaction_session_timeout = '5s'";

    /** As {@link #BEGIN}, where whoever needs the rows that others hold can be served in another way. */
    private static final String BEGIN_IMPATIENTLY = BEGIN + "; SET LOCAL lock_timeout = '250ms'";

    /** Longer than the server's timeout of a statement, whose error is more precise. */
    private static final Duration WORK = Duration.ofSeconds(12);

    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** The SQLSTATE class by which a pooler reports a lost server connection, perhaps after the commit. */
    private static final String CONNECTION_LOST = "08";

    private final Pool pool;
    private final Tracing tracing;

    Transactions(Pool pool, Tracing tracing) {
        this.pool = pool;
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

    /**
     * The same for the change of a request, recorded in its trace. Where others hold a row, it is tried again for up to 5 s, without a
     * connection in between, so that those who wait for one row leave connections to the others.
     *
     * @param work may be run several times; what it did is rolled back before
     */
    public <T> Uni<T> run(Traced about, Function<SqlClient, Uni<T>> work) {
        return tracing.isOn() ? recorded(about, () -> runPatiently(work)) : runPatiently(work);
    }

    private <T> Uni<T> runPatiently(Function<SqlClient, Uni<T>> work) {
        return Uni.createFrom().deferred(() -> attempt(work, System.nanoTime() + LONGEST_LOCKED.toNanos()));
    }

    private <T> Uni<T> attempt(Function<SqlClient, Uni<T>> work, long end) {
        return run(SHORT_LIMITS, work)
                .onFailure(failure -> isLocked(failure) && System.nanoTime() < end)
                .recoverWithUni(locked -> Uni.createFrom()
                        .voidItem()
                        .onItem()
                        .delayIt()
                        .by(Duration.ofMillis(ThreadLocalRandom.current().nextInt(100, 500)))
                        .chain(() -> attempt(work, end)));
    }

    /** The same for work that can be done in another way: it is tried once, and waits for a lock for 250 ms. */
    public <T> Uni<T> runImpatiently(Traced about, Function<SqlClient, Uni<T>> work) {
        return recorded(about, () -> run(SHORT_LIMITS, work));
    }

    /** Whether a transaction has failed, and changed nothing, because others hold what it needs. */
    public static boolean isLocked(Throwable failure) {
        return failure instanceof DatabaseException refusal
                && IN_THE_WAY.contains(String.valueOf(refusal.getSqlState()));
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
        return Detached.of(() -> pool.getConnection().chain(connection -> {
            var held = new HeldConnection(connection);
            return transact(held, limits, work).onTermination().invoke(held::release);
        }));
    }

    private static <T> Uni<T> transact(HeldConnection held, String limits, Function<SqlClient, Uni<T>> work) {
        return held.inOrder(held.connection().begin())
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .invoke(held::judge)
                .chain(transaction -> limited(held.connection(), limits, work)
                        .ifNoItem()
                        .after(WORK)
                        .fail()
                        .onFailure()
                        .invoke(held::judge)
                        .onFailure()
                        .call(() -> rollback(held, transaction))
                        .call(() -> commit(held, transaction)));
    }

    /**
     * Runs one statement in a transaction of its own. All of it is sent at once, so that it takes no longer than the statement alone.
     * A statement that takes too long is cancelled by the server, which never does so once the commit has begun.
     *
     * @param work sends one statement when it is subscribed to, and does not recover from its failure
     * @throws OutcomeUnknownException if the connection was lost, or did not respond, while it ran
     */
    public <T> Uni<T> statement(Function<SqlClient, Uni<T>> work) {
        return statements(BEGIN, work, client -> Uni.createFrom().voidItem()).map(Both::first);
    }

    /** What two statements have returned. */
    public record Both<T, S>(T first, S second) {}

    /**
     * The same for two statements, of which the second is sent whatever the first returns. They wait for a lock for 250 ms.
     *
     * @param second not prepared, otherwise the commit waits for that on a new connection, with what the first has locked
     */
    public <T, S> Uni<Both<T, S>> statements(Function<SqlClient, Uni<T>> first, Function<SqlClient, Uni<S>> second) {
        return statements(BEGIN_IMPATIENTLY, first, second);
    }

    private <T, S> Uni<Both<T, S>> statements(
            String begin, Function<SqlClient, Uni<T>> first, Function<SqlClient, Uni<S>> second) {
        return Detached.of(() -> pool.getConnection().chain(connection -> {
            var held = new HeldConnection(connection);
            var begun = End.of(connection.query(begin).execute());
            var firstDone = End.of(Uni.createFrom().deferred(() -> first.apply(connection)));
            var secondDone = End.of(Uni.createFrom().deferred(() -> second.apply(connection)));
            var committed = End.of(connection.query("COMMIT").execute());
            return held.inOrder(Uni.combine()
                            .all()
                            .unis(begun, firstDone, secondDone, committed)
                            .with((opened, one, two, commit) -> judged(held, opened, one, two, commit)))
                    .ifNoItem()
                    .after(WORK)
                    .failWith(() -> new OutcomeUnknownException(new TimeoutException()))
                    .onTermination()
                    .invoke(held::release);
        }));
    }

    /** What became of statements that were sent between a BEGIN and a COMMIT, which rolls back if one of them has failed. */
    private static <T, S> Both<T, S> judged(
            HeldConnection held, End<?> begin, End<T> first, End<S> second, End<?> commit) {
        for (var end : Arrays.asList(begin, first, second, commit)) {
            var failure = end.failure();
            if (failure != null) {
                held.judge(failure);
                throw isFromServer(failure) && failure instanceof RuntimeException refusal
                        ? refusal
                        : held.unconfirmed(failure);
            }
        }
        held.requireReplicated();
        return new Both<>(first.get(), second.get());
    }

    /** How a command has ended. */
    private record End<T>(@Nullable T item, @Nullable Throwable failure) {
        static <T> Uni<End<T>> of(Uni<T> command) {
            return command.onItemOrFailure().transform(End::new);
        }

        @SuppressWarnings("NullAway") // it is what the command gave
        T get() {
            return item;
        }
    }

    /** Whether the server itself has reported the error, whatever a table has made of it: then nothing was changed. */
    private static boolean isFromServer(@Nullable Throwable failure) {
        if (failure instanceof DatabaseException refusal) {
            return !String.valueOf(refusal.getSqlState()).startsWith(CONNECTION_LOST);
        }
        return failure != null && isFromServer(failure.getCause());
    }

    /** Runs a query that needs no transaction, within the timeout of readers. */
    public <T> Uni<T> read(Function<SqlClient, Uni<T>> query) {
        return query.apply(pool).ifNoItem().after(ANSWER).fail();
    }

    private static <T> Uni<T> limited(SqlConnection connection, String limits, Function<SqlClient, Uni<T>> work) {
        return connection.query(ISOLATION + limits).execute().chain(() -> work.apply(connection));
    }

    private static Uni<Void> commit(HeldConnection held, Transaction transaction) {
        return held.inOrder(transaction.commit())
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .invoke(held::judge)
                .onFailure(failure -> !isFromServer(failure))
                .transform(held::unconfirmed)
                .invoke(held::requireReplicated);
    }

    private static Uni<Void> rollback(HeldConnection held, Transaction transaction) {
        return held.inOrder(transaction.rollback())
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .recoverWithNull();
    }
}

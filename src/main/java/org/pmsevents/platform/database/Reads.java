package org.pmsevents.platform.database;

import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.pgclient.PgConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/**
 * Reads for clients. They share half of the connections, and searches an eighth, so that a write never waits for a connection because of
 * reads. The server cancels a read that takes too long, and one that nobody waits for any more.
 */
@ApplicationScoped
public class Reads {
    private static final Logger LOG = Logger.getLogger(Reads.class);

    private static final int READ_SHARE = 2;
    private static final int SEARCH_SHARE = 8;

    private static final int MOST_WAITING = 1_000;
    private static final int MOST_SEARCHES_WAITING = 64;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_SEARCH_WAIT = Duration.ofSeconds(2);

    /** How long the server lets a list or a search run. */
    private static final Duration STATEMENT = Duration.ofSeconds(3);

    /** For a server that does not answer at all. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** Each execution is planned for its own values, and for one processor. */
    private static final String BEGIN = "BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan;"
            + " SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off; SET LOCAL statement_timeout = ";

    private final Pool pool;
    private final ReadGate gate;
    private final ReadShare reads;
    private final ReadShare searches;

    Reads(Pool pool, BoundedPool bounds, ReadGate gate, Vertx vertx) {
        this.pool = pool;
        this.gate = gate;
        this.reads = new ReadShare(() -> bounds.maxSize() / READ_SHARE, MOST_WAITING, LONGEST_WAIT, vertx);
        this.searches =
                new ReadShare(() -> bounds.maxSize() / SEARCH_SHARE, MOST_SEARCHES_WAITING, LONGEST_SEARCH_WAIT, vertx);
    }

    /**
     * Runs a query that reads some rows by their key.
     *
     * @throws AppException 503 {@code too-busy}
     */
    public <T> Uni<T> byKey(Function<SqlClient, Uni<T>> query) {
        return run(reads, null, query);
    }

    /**
     * Runs a query of a page. Fails as {@link #byKey}, also where there is no memory for the answer, or with PostgreSQL's error 57014 after
     * {@link #STATEMENT}.
     */
    public <T> Uni<T> list(Function<SqlClient, Uni<T>> query) {
        return run(reads, STATEMENT, query);
    }

    /** Runs a query that may have to read a whole table. Fails as {@link #list}. */
    public <T> Uni<T> search(Function<SqlClient, Uni<T>> query) {
        return search(STATEMENT, query);
    }

    <T> Uni<T> search(Duration statementTimeout, Function<SqlClient, Uni<T>> query) {
        return run(searches, statementTimeout, query);
    }

    private <T> Uni<T> run(ReadShare share, @Nullable Duration statementTimeout, Function<SqlClient, Uni<T>> query) {
        return Uni.createFrom().emitter(caller -> {
            var read = new Read<T>(share, statementTimeout, query, caller);
            caller.onTermination(read::left);
            share.enter(read);
        });
    }

    /** One read, from its turn to the release of its connection. */
    private final class Read<T> implements ReadShare.Turn {
        private final ReadShare share;
        private final @Nullable Duration statementTimeout;
        private final Function<SqlClient, Uni<T>> query;
        private final UniEmitter<? super T> caller;
        private @Nullable SqlConnection connection;
        private @Nullable Future<Void> cancelling;
        private boolean left;

        Read(
                ReadShare share,
                @Nullable Duration statementTimeout,
                Function<SqlClient, Uni<T>> query,
                UniEmitter<? super T> caller) {
            this.share = share;
            this.statementTimeout = statementTimeout;
            this.query = query;
            this.caller = caller;
        }

        @Override
        public void begin() {
            if (statementTimeout != null && !gate.hasRoom()) {
                share.end();
                caller.fail(AppException.unavailable("too-busy", "Too many answers have not been read yet.", 1));
                return;
            }
            pool.getConnection().subscribe().with(this::connected, failure -> {
                share.end();
                caller.fail(failure);
            });
        }

        @Override
        public void refuse() {
            caller.fail(AppException.unavailable("too-busy", "Too many requests read from the database.", 1));
        }

        private void connected(SqlConnection opened) {
            if (!use(opened)) {
                release(opened);
                return;
            }
            limited(opened)
                    .ifNoItem()
                    .after(ANSWER)
                    .fail()
                    .onFailure(TimeoutException.class)
                    .invoke(this::cancel)
                    .onItemOrFailure()
                    .call((found, failure) -> ended(opened, failure != null))
                    .subscribe()
                    .with(caller::complete, caller::fail);
        }

        private Uni<T> limited(SqlConnection opened) {
            return statementTimeout == null
                    ? Uni.createFrom().deferred(() -> query.apply(opened))
                    : opened.query(BEGIN + statementTimeout.toMillis())
                            .execute()
                            .chain(() -> query.apply(opened));
        }

        private synchronized boolean use(SqlConnection opened) {
            if (left) {
                return false;
            }
            connection = opened;
            return true;
        }

        /** The answer waits for the end of the transaction, and a failure for the end of the statement: only then others can use it. */
        private Uni<Void> ended(SqlConnection opened, boolean failed) {
            if (statementTimeout == null && !failed) {
                finish(opened);
                return Uni.createFrom().voidItem();
            }
            return opened.query(statementTimeout == null ? "SELECT 1" : "ROLLBACK")
                    .execute()
                    .ifNoItem()
                    .after(ANSWER)
                    .fail()
                    .onFailure()
                    .recoverWithNull()
                    .invoke(() -> finish(opened))
                    .replaceWithVoid();
        }

        private void finish(SqlConnection opened) {
            @Nullable Future<Void> pending;
            synchronized (this) {
                connection = null;
                pending = cancelling;
            }
            // otherwise the next statement on this connection could be cancelled
            if (pending == null) {
                release(opened);
            } else {
                pending.onComplete(cancelled -> release(opened));
            }
        }

        private void release(SqlConnection opened) {
            opened.close()
                    .onTermination()
                    .invoke(share::end)
                    .subscribe()
                    .with(released -> {}, failure -> LOG.debugf("not released: %s", failure));
        }

        /** The caller has its answer, or waits no longer. */
        private void left() {
            if (share.leave(this)) {
                return;
            }
            synchronized (this) {
                left = true;
            }
            cancel();
        }

        private void cancel() {
            synchronized (this) {
                if (cancelling == null
                        && connection != null
                        && connection.getDelegate() instanceof PgConnection postgres) {
                    cancelling = postgres.cancelRequest();
                }
            }
        }
    }
}

package org.pmsevents.platform.database;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.spi.PgDriver;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.spi.ConnectionFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jboss.logging.Logger;

/**
 * Opens the connections of the pool, and asks each server what it is before the connection is used.
 *
 * <ul>
 *   <li>Of several servers only a primary is used. They take turns; one that could not be used is asked last for 10 s.
 *   <li>A primary that is set to read-only serves readers; its connection is closed after 2 s, because a session that began read-only
 *       may stay so after the setting is gone.
 *   <li>A session whose default isolation is another than READ COMMITTED is set to that, except behind a pooler, where the session
 *       belongs to others too. {@link Transactions} sets it for each transaction.
 *   <li>Statements are not compiled (JIT), except behind a pooler.
 * </ul>
 */
final class PrimaryConnections {
    private static final Logger LOG = Logger.getLogger(PrimaryConnections.class);
    private static final Duration LAST = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(3);
    private static final Duration WARN_EVERY = Duration.ofMinutes(1);
    private static final Duration READ_ONLY_LIFE = Duration.ofSeconds(2);
    private static final String READ_ONLY_STATE = "25006";
    private static final String READ_COMMITTED = "read committed";
    private static final String WHAT_IT_IS =
            "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',"
                    + " current_setting('default_transaction_isolation')";

    /**
     * The statements of the service take milliseconds, and compiling one takes a hundred. What PostgreSQL estimates for a table that it has
     * not analysed yet makes it compile nevertheless. Behind a pooler the session belongs to others too.
     */
    private static final String WITHOUT_COMPILER = ", set_config('jit', 'off', false)";

    private final Vertx vertx;
    private final List<PgConnectOptions> servers;
    private final ConnectionFactory factory;
    private final AtomicInteger next = new AtomicInteger();
    /** When a server could not be used last, by {@link System#nanoTime}; 0 if it could. */
    private final AtomicLongArray unusable;
    /** When it was last said that a server is read-only. */
    private final AtomicLong warned = new AtomicLong();

    PrimaryConnections(Vertx vertx, List<PgConnectOptions> servers) {
        this.vertx = vertx;
        this.servers = servers;
        this.factory = PgDriver.INSTANCE.createConnectionFactory(vertx, servers.get(0));
        this.unusable = new AtomicLongArray(servers.size());
    }

    /** Fails if no server is a primary that can be reached. */
    Future<SqlConnection> open(Context context) {
        int first = Math.floorMod(next.getAndIncrement(), servers.size());
        for (int i = 0; i < servers.size(); i++) {
            int server = (first + i) % servers.size();
            if (seemsUsable(server)) {
                return open(context, server, 1);
            }
        }
        return open(context, first, 1);
    }

    private boolean seemsUsable(int server) {
        long since = unusable.get(server);
        return since == 0 || System.nanoTime() - since > LAST.toNanos();
    }

    private Future<SqlConnection> open(Context context, int server, int tried) {
        return factory.connect(context, servers.get(server))
                .compose(connection -> judged(connection, server))
                .onSuccess(connection -> unusable.set(server, 0))
                .onFailure(failure -> unusable.set(server, System.nanoTime() | 1))
                .recover(failure -> tried == servers.size()
                        ? Future.failedFuture(failure)
                        : open(context, (server + 1) % servers.size(), tried + 1));
    }

    private Future<SqlConnection> judged(SqlConnection connection, int server) {
        boolean own = !servers.get(server).getUseLayer7Proxy();
        return answer(connection
                        .query(own ? WHAT_IT_IS + WITHOUT_COMPILER : WHAT_IT_IS)
                        .execute())
                .compose(rows -> judged(connection, server, rows.iterator().next()))
                .onFailure(failure -> close(connection));
    }

    private Future<SqlConnection> judged(SqlConnection connection, int server, Row is) {
        var options = servers.get(server);
        if (is.getBoolean(0)) {
            return Future.failedFuture(new PgException(
                    options.getHost() + ":" + options.getPort() + " is a standby", "FATAL", READ_ONLY_STATE, null));
        }
        if (is.getBoolean(1)) {
            long now = System.nanoTime();
            long before = warned.get();
            if ((before == 0 || now - before > WARN_EVERY.toNanos()) && warned.compareAndSet(before, now)) {
                LOG.warnf("PostgreSQL at %s:%d is read-only", options.getHost(), options.getPort());
            }
            vertx.setTimer(READ_ONLY_LIFE.toMillis(), end -> close(connection));
        }
        return READ_COMMITTED.equals(is.getString(2)) || options.getUseLayer7Proxy()
                ? Future.succeededFuture(connection)
                : answer(connection
                                .query("SET default_transaction_isolation = '" + READ_COMMITTED + "'")
                                .execute())
                        .map(connection);
    }

    /** Fails if the server does not answer in time. */
    private <T> Future<T> answer(Future<T> asked) {
        var answered = Promise.<T>promise();
        long limit = vertx.setTimer(
                ANSWER.toMillis(),
                late -> answered.tryFail(new TimeoutException(
                        "PostgreSQL did not answer in " + TimeUnit.NANOSECONDS.toSeconds(ANSWER.toNanos()) + " s")));
        asked.onComplete(answer -> {
            vertx.cancelTimer(limit);
            if (answer.succeeded()) {
                answered.tryComplete(answer.result());
            } else {
                answered.tryFail(answer.cause());
            }
        });
        return answered.future();
    }

    /** Closes the connection itself, even if the pool has it by now, as soon as what was sent on it is answered. */
    private static void close(SqlConnection connection) {
        connection.close().onFailure(failure -> LOG.debugf("not closed: %s", failure));
    }
}

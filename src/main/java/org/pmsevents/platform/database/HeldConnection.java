package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Promise;
import io.vertx.core.VertxException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgNotice;
import io.vertx.sqlclient.DatabaseException;
import io.vertx.sqlclient.impl.SqlConnectionInternal;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the pool while a transaction has it. It goes back to the pool when the server has answered all that was sent on it,
 * even if nobody waits for the answer any more; until then the next user would only wait behind it.
 */
final class HeldConnection {
    private static final Logger LOG = Logger.getLogger(HeldConnection.class);

    /** The server refuses changes: it is a standby, or set to read-only. */
    private static final String READ_ONLY = "25006";

    /** A warning without a state of its own, such as that the wait for a synchronous standby was cancelled. */
    private static final String WARNING = "01000";

    /** The server ends the session. */
    private static final String ADMIN_SHUTDOWN = "57P01";

    /** The function of PostgreSQL that gives the warning, whatever the language of its messages. */
    private static final String WAITS_FOR_STANDBY = "SyncRepWaitForLSN";

    private static final Duration CLOSED = Duration.ofMillis(20);
    private static final Duration LONGEST_CLOSING = Duration.ofMillis(200);

    private final SqlConnection connection;
    private Uni<?> unanswered = Uni.createFrom().voidItem();
    private volatile boolean waitCancelled;
    private volatile boolean unusable;

    HeldConnection(SqlConnection connection) {
        this.connection = connection;
        if (connection.getDelegate() instanceof PgConnection postgres) {
            postgres.noticeHandler(this::noticed);
        }
    }

    SqlConnection connection() {
        return connection;
    }

    /** The same command; the connection is not released before it has ended. */
    synchronized <T> Uni<T> inOrder(Uni<T> command) {
        var once = command.memoize().indefinitely();
        unanswered = once;
        return once;
    }

    private void noticed(PgNotice notice) {
        var code = notice.getCode();
        var routine = notice.getRoutine();
        boolean ends = ADMIN_SHUTDOWN.equals(code) && WAITS_FOR_STANDBY.equals(routine);
        if (ends || (WARNING.equals(code) && (routine == null || routine.equals(WAITS_FOR_STANDBY)))) {
            LOG.warnf("a commit may be lost with this server: %s", notice.getMessage());
            waitCancelled = true;
            unusable |= ends;
        }
    }

    /**
     * Called after a commit that succeeded.
     *
     * @throws OutcomeUnknownException if the server has stopped waiting for its synchronous standby: the change is lost if that takes over
     */
    void requireReplicated() {
        if (waitCancelled) {
            throw OutcomeUnknownException.notReplicated();
        }
    }

    /** The same for a commit that has failed: what is known of it. */
    OutcomeUnknownException unconfirmed(Throwable failure) {
        return waitCancelled ? OutcomeUnknownException.notReplicated() : new OutcomeUnknownException(failure);
    }

    /** Called with each failure: a connection whose server is read-only, or ends the session, or that has ended, is not used again. */
    void judge(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            unusable |= isLost(cause)
                    || (cause instanceof DatabaseException refusal
                            && (READ_ONLY.equals(refusal.getSqlState())
                                    || ADMIN_SHUTDOWN.equals(refusal.getSqlState())));
        }
    }

    /** Whether the connection has ended; what the server was about to say of that may be lost with it. */
    private static boolean isLost(Throwable failure) {
        return failure instanceof IOException
                || (failure instanceof VertxException && !(failure instanceof DatabaseException))
                || failure instanceof NoStackTraceThrowable;
    }

    synchronized void release() {
        unanswered.subscribe().with(answered -> close(null), this::close);
    }

    private void close(@Nullable Throwable ignored) {
        if (unusable && connection.getDelegate() instanceof SqlConnectionInternal internal) {
            // the connection itself, below the pool; the pool learns a moment later that it is closed, and would use it
            // until then
            var closed = Promise.<Void>promise();
            internal.unwrap().unwrap().close(internal, closed);
            Uni.createFrom()
                    .completionStage(closed.future().toCompletionStage())
                    // one that the server has closed already may never say so
                    .ifNoItem()
                    .after(LONGEST_CLOSING)
                    .fail()
                    .onFailure()
                    .recoverWithNull()
                    .onItem()
                    .delayIt()
                    .by(CLOSED)
                    .subscribe()
                    .with(done -> giveBack(), failure -> giveBack());
        } else {
            giveBack();
        }
    }

    private void giveBack() {
        connection.close().subscribe().with(released -> {}, failure -> LOG.debugf("not released: %s", failure));
    }
}

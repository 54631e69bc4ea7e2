package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.pmsevents.platform.problem.AppException;

/**
 * Reads of whole tables at one snapshot. They have an eighth of the connections, at least one, apart from the share of {@link Reads}, so that
 * they can hold up neither writes nor other reads. A snapshot is closed after {@link #LONGEST}, because PostgreSQL keeps for it whatever is
 * deleted or replaced in the meantime.
 */
@ApplicationScoped
public class Snapshots {
    private static final int SHARE = 8;
    private static final int MOST_WAITING = 16;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** How long a snapshot stays open. */
    public static final Duration LONGEST = Duration.ofMinutes(5);

    /** The server ends what the replica has forgotten, or left when it was paused. */
    private static final String BEGIN =
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan;"
                    + " SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off; SET LOCAL statement_timeout = '10s';"
                    + " SET LOCAL idle_in_transaction_session_timeout = '30s'";

    private final Pool pool;
    private final ReadGate gate;
    private final ReadShare share;
    private final Vertx vertx;

    Snapshots(Pool pool, BoundedPool bounds, ReadGate gate, Vertx vertx) {
        this.pool = pool;
        this.gate = gate;
        this.vertx = vertx;
        this.share = new ReadShare(() -> bounds.maxSize() / SHARE, MOST_WAITING, LONGEST_WAIT, vertx);
    }

    /**
     * Opens a snapshot, which the caller has to close.
     *
     * @throws AppException 503 {@code too-busy} if others have been using all connections of this share for 5 s, or too many answers
     *     are unread
     */
    public Uni<Snapshot> open() {
        return Uni.createFrom().emitter(caller -> {
            var opening = new Opening(caller);
            caller.onTermination(opening::left);
            share.enter(opening);
        });
    }

    private final class Opening implements ReadShare.Turn {
        private final UniEmitter<? super Snapshot> caller;
        private boolean left;

        Opening(UniEmitter<? super Snapshot> caller) {
            this.caller = caller;
        }

        @Override
        public void begin() {
            if (!gate.hasRoom()) {
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
            caller.fail(AppException.unavailable("too-busy", "Too many exports are running.", 5));
        }

        private void connected(SqlConnection connection) {
            var snapshot = new Snapshot(connection, share::end);
            snapshot.begin(BEGIN).ifNoItem().after(ANSWER).fail().subscribe().with(begun -> give(snapshot), failure -> {
                snapshot.close();
                caller.fail(failure);
            });
        }

        private void give(Snapshot snapshot) {
            synchronized (this) {
                if (!left) {
                    vertx.setTimer(LONGEST.toMillis(), timer -> snapshot.close());
                    caller.complete(snapshot);
                    return;
                }
            }
            snapshot.close();
        }

        /** It has its snapshot, or waits no longer. */
        private void left() {
            if (!share.leave(this)) {
                synchronized (this) {
                    left = true;
                }
            }
        }
    }
}

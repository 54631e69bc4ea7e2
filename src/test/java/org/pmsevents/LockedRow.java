package org.pmsevents;

import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;

/** What somebody else's transaction has locked, until it is closed: then it rolls back. */
public final class LockedRow implements AutoCloseable {
    private final Pool pool;
    private final SqlConnection holder;
    private final int process;

    /** @param statement locks rows in the transaction of another */
    public LockedRow(Pool pool, String statement, Object... parameters) {
        this.pool = pool;
        this.holder = get(pool.getConnection());
        this.process = get(holder.query("SELECT pg_backend_pid()").execute())
                .iterator()
                .next()
                .getInteger(0);
        get(holder.query("BEGIN").execute());
        get(holder.preparedQuery(statement).execute(Tuple.from(parameters)));
    }

    /** Until somebody waits for it: the service gives up after some 100 ms, pauses, and tries again. */
    public void awaitWaiter() {
        await("somebody waits for what is locked")
                .until(() -> get(pool.preparedQuery(
                                                "SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY(pg_blocking_pids(pid))")
                                        .execute(Tuple.of(process)))
                                .size()
                        > 0);
    }

    @Override
    public void close() {
        get(holder.query("ROLLBACK").execute());
        get(holder.close());
    }
}

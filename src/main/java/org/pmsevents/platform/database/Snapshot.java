package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * An open snapshot of the database: all queries see the same. One statement at a time. The rows of one query can be read in portions,
 * so that only a portion is in memory; the plan is one that gives its first rows soon.
 */
public final class Snapshot {
    /** Longer than the server's timeout of a statement, whose error is more precise. */
    private static final Duration ANSWER = Duration.ofSeconds(12);

    private final HeldConnection held;
    private final Runnable ended;
    private final AtomicBoolean closed = new AtomicBoolean();

    Snapshot(SqlConnection connection, Runnable ended) {
        this.held = new HeldConnection(connection);
        this.ended = ended;
    }

    Uni<Void> begin(String statement) {
        return query(statement).replaceWithVoid();
    }

    /** Runs a query. */
    public <T> Uni<T> run(Function<SqlClient, Uni<T>> query) {
        return run(Uni.createFrom().deferred(() -> query.apply(held.connection())));
    }

    /** Opens the one query whose rows {@link #next} reads. */
    public Uni<Void> open(ListQuery query) {
        return run(held.connection()
                        .preparedQuery("DECLARE portions NO SCROLL CURSOR FOR " + query.sql())
                        .execute(query.parameters()))
                .replaceWithVoid();
    }

    /** Reads the next rows, fewer than asked for at the end. */
    public Uni<RowSet<Row>> next(int rows) {
        return query("FETCH FORWARD " + rows + " FROM portions");
    }

    private Uni<RowSet<Row>> query(String sql) {
        return run(held.connection().query(sql).execute());
    }

    /** @throws IllegalStateException if the snapshot is closed */
    private <T> Uni<T> run(Uni<T> statement) {
        return Uni.createFrom()
                .deferred(() -> closed.get()
                        ? Uni.createFrom().failure(new IllegalStateException("the snapshot is closed"))
                        : held.inOrder(statement))
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .invoke(held::judge);
    }

    /** Gives the connection back once the server has answered what is under way. May be called several times, on any thread. */
    public void close() {
        if (closed.compareAndSet(false, true)) {
            held.inOrder(held.connection().query("ROLLBACK").execute())
                    .onTermination()
                    .invoke(() -> {
                        held.release();
                        ended.run();
                    })
                    .subscribe()
                    .with(done -> {}, held::judge);
        }
    }
}

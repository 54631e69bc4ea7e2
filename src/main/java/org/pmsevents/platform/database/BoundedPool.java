package org.pmsevents.platform.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.core.Future;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Sets the limits that Quarkus leaves open: how long and how many operations may wait for a connection, and how long a connection
 * may be silent before it counts as dead and is closed together with what waits on it. Also lets statements of more than 2,048
 * characters be prepared once per connection. By default the server parses and plans them anew for each call, which for the change
 * of stock took as long as its execution.
 */
@Singleton
public class BoundedPool implements PgPoolCreator {
    private static final int MOST_WAITING = 2_000;
    private static final int WAIT_SECONDS = 5;
    /** Longer than any statement may take. Idle connections are closed as well, and opened again when needed. */
    private static final int SILENCE_SECONDS = 20;

    private static final int LONGEST_STATEMENT = 32 * 1024;

    private volatile int maxSize;

    /** The maximum number of connections. */
    public int maxSize() {
        return maxSize;
    }

    @Override
    public Pool create(Input input) {
        maxSize = input.poolOptions().getMaxSize();
        input.pgConnectOptionsList().forEach(server -> {
            server.setPreparedStatementCacheSqlLimit(LONGEST_STATEMENT);
            server.setTcpKeepAlive(true).setIdleTimeout(SILENCE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
        });
        return PgBuilder.pool()
                .with(input.poolOptions()
                        .setMaxWaitQueueSize(MOST_WAITING)
                        .setConnectionTimeout(WAIT_SECONDS)
                        .setConnectionTimeoutUnit(TimeUnit.SECONDS))
                .connectingTo(inTurn(input.pgConnectOptionsList()))
                .using(input.vertx())
                .build();
    }

    /** Distributes the connections evenly over several servers. */
    private static Supplier<Future<SqlConnectOptions>> inTurn(List<PgConnectOptions> servers) {
        var next = new AtomicInteger();
        return () -> Future.succeededFuture(servers.get(Math.floorMod(next.getAndIncrement(), servers.size())));
    }
}

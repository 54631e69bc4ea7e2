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
 * Bounds what Quarkus leaves open: how long and how many may wait for a connection, and how long a connection may stay without a
 * word from PostgreSQL before it counts as dead and is closed, with whatever waited on it. Lets long statements be prepared once a
 * connection, too: by default the driver has the server read and plan one of more than 2,048 characters anew for each call, which
 * took as long as the change of stock that is one of them.
 */
@Singleton
public class BoundedPool implements PgPoolCreator {
    private static final int MOST_WAITING = 2_000;
    private static final int WAIT_SECONDS = 5;
    /** Longer than any statement may take; an idle connection is closed as well, and opened anew when it is wanted. */
    private static final int SILENCE_SECONDS = 20;

    private static final int LONGEST_STATEMENT = 32 * 1024;

    private volatile int maxSize;

    /** How many connections there may be. */
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

    /** Where several servers are named, each gets its share of the connections. */
    private static Supplier<Future<SqlConnectOptions>> inTurn(List<PgConnectOptions> servers) {
        var next = new AtomicInteger();
        return () -> Future.succeededFuture(servers.get(Math.floorMod(next.getAndIncrement(), servers.size())));
    }
}

package org.pmsevents.platform.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Sets which servers are used ({@link PrimaryConnections}), and the limits that Quarkus leaves open: how long and how many
 * operations may wait for a connection, and how long a connection may be silent before it counts as dead and is closed together
 * with what waits on it. Also lets statements of more than 2,048 characters be prepared once per connection. By default the server
 * parses and plans them anew for each call, which for the change of stock took as long as its execution.
 */
@Singleton
public class BoundedPool implements PgPoolCreator {
    private static final int MOST_WAITING = 2_000;
    private static final int WAIT_SECONDS = 5;
    /** Longer than any statement may take. Idle connections are closed as well, and opened again when needed. */
    private static final int SILENCE_SECONDS = 20;

    /** So that a server that does not answer leaves time for the next one. */
    private static final int CONNECT_MILLIS = 3_000;

    private static final int LONGEST_STATEMENT = 32 * 1024;

    private volatile int maxSize;

    /** The maximum number of connections. */
    public int maxSize() {
        return maxSize;
    }

    @Override
    @SuppressWarnings("deprecation") // the way that is not deprecated can't look at a connection before it is used
    public Pool create(Input input) {
        maxSize = input.poolOptions().getMaxSize();
        input.pgConnectOptionsList().forEach(server -> {
            server.setPreparedStatementCacheSqlLimit(LONGEST_STATEMENT);
            server.setConnectTimeout(CONNECT_MILLIS);
            server.setTcpKeepAlive(true).setIdleTimeout(SILENCE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS);
        });
        var opening = new PrimaryConnections(input.vertx(), List.copyOf(input.pgConnectOptionsList()));
        return PgBuilder.pool()
                .with(input.poolOptions()
                        .setMaxWaitQueueSize(MOST_WAITING)
                        .setConnectionTimeout(WAIT_SECONDS)
                        .setConnectionTimeoutUnit(TimeUnit.SECONDS))
                .connectingTo(input.pgConnectOptionsList().get(0))
                .using(input.vertx())
                .build()
                .connectionProvider(opening::open);
    }
}

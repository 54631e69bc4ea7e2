package org.pmsevents.platform.database;

import java.util.Arrays;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Drops one kind of log record. A query that failed because no connection was available is reported once more as an uncaught
 * exception with a stack trace when its time to wait for a connection is over (vertx-sql-client, issue 1706). The failure itself
 * was reported before.
 */
public final class LatePoolTimeouts implements Filter {
    private static final String POOL = "io.vertx.sqlclient.impl.pool.SqlConnectionPool";
    private static final int NEAR_THE_TOP = 3;

    @Override
    public boolean isLoggable(LogRecord line) {
        return !(line.getThrown() instanceof IllegalStateException failure
                && "Result is already complete".equals(failure.getMessage())
                && Arrays.stream(failure.getStackTrace())
                        .limit(NEAR_THE_TOP)
                        .anyMatch(frame -> frame.getClassName().equals(POOL)));
    }
}

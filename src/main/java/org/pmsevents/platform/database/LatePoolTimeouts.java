package org.pmsevents.platform.database;

import io.quarkus.logging.LoggingFilter;
import java.util.Arrays;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Leaves one thing out of the log: a query that has failed because there was no connection to be had is reported as an uncaught exception once
 * more when its time to wait for one is over, with a stack trace each (vertx-sql-client, issue 1706). The failure itself was told.
 */
@LoggingFilter(name = "late-pool-timeouts")
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

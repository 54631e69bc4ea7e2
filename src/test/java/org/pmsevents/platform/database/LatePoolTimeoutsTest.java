package org.pmsevents.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class LatePoolTimeoutsTest {
    private static final String COMPLETE = "Result is already complete";
    private static final String PROMISE = "io.vertx.core.Promise";
    private static final String POOL = "io.vertx.sqlclient.impl.pool.SqlConnectionPool";
    private static final String OTHER = "org.pmsevents.Other";

    private static boolean isLogged(String message, String... classes) {
        var failure = new IllegalStateException(message);
        var trace = new StackTraceElement[classes.length];
        for (int i = 0; i < classes.length; i++) {
            trace[i] = new StackTraceElement(classes[i], "call", "File.java", i);
        }
        failure.setStackTrace(trace);
        var line = new LogRecord(Level.SEVERE, "Uncaught exception received by Vert.x");
        line.setThrown(failure);
        return new LatePoolTimeouts().isLoggable(line);
    }

    @Test
    void aTimeoutThatComesTooLateIsLeftOut() {
        assertThat(isLogged(COMPLETE, PROMISE, POOL, "io.vertx.core.impl.VertxImpl"))
                .isFalse();
    }

    @Test
    void allElseIsLogged() {
        assertThat(new LatePoolTimeouts().isLoggable(new LogRecord(Level.INFO, COMPLETE)))
                .isTrue();
        assertThat(isLogged(COMPLETE, PROMISE, OTHER)).isTrue();
        assertThat(isLogged("Another", PROMISE, POOL)).isTrue();
        assertThat(isLogged(COMPLETE, OTHER, OTHER, OTHER, POOL)).isTrue();
    }
}

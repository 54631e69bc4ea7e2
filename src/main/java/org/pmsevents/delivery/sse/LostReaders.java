package org.pmsevents.delivery.sse;

import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Drops one kind of log record. quarkus-rest reports a stream whose reader has gone, or was disconnected because it did not read, as an
 * error of the service.
 */
public final class LostReaders implements Filter {
    private static final String STREAMS = "org.jboss.resteasy.reactive.server.handlers.PublisherResponseHandler";

    @Override
    public boolean isLoggable(LogRecord line) {
        return !STREAMS.equals(line.getLoggerName())
                || !(line.getThrown() instanceof IOException || line.getThrown() instanceof HttpClosedException);
    }
}

package org.pmsevents.delivery.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.resteasy.reactive.server.handlers.PublisherResponseHandler;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class LostReadersTest {
    private static final String STREAMS = PublisherResponseHandler.class.getName();

    private static boolean isLogged(String logger, Throwable failure) {
        var line = new LogRecord(Level.SEVERE, "Exception in SSE server handling");
        line.setLoggerName(logger);
        line.setThrown(failure);
        return new LostReaders().isLoggable(line);
    }

    @Test
    void aReaderWhoHasGoneIsNoError() {
        assertThat(isLogged(STREAMS, new IOException("Broken pipe"))).isFalse();
        assertThat(isLogged(STREAMS, new ClosedChannelException())).isFalse();
        assertThat(isLogged(STREAMS, new HttpClosedException("Connection was closed")))
                .isFalse();
    }

    @Test
    void allElseIsLogged() {
        assertThat(isLogged(STREAMS, new IllegalStateException("a fault"))).isTrue();
        assertThat(isLogged(STREAMS, null)).isTrue();
        assertThat(isLogged("org.pmsevents.Other", new IOException("Broken pipe")))
                .isTrue();
    }
}

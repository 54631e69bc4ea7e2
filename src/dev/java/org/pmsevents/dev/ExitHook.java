package org.pmsevents.dev;

import java.io.Closeable;
import java.io.IOException;
import org.jboss.logging.Logger;

/**
 * Closes a server when the JVM ends without Quarkus having closed it, as at the end of a test run, so that no server
 * outlives its run.
 */
final class ExitHook implements Closeable {
    private static final Logger LOG = Logger.getLogger(ExitHook.class);

    private final Thread thread;

    ExitHook(Closeable server) {
        this.thread = new Thread(() -> end(server), "stop-" + server.getClass().getSimpleName());
    }

    private static void end(Closeable server) {
        try {
            server.close();
        } catch (IOException | RuntimeException e) {
            LOG.warnf(e, "Could not close %s", server);
        }
    }

    void register() {
        Runtime.getRuntime().addShutdownHook(thread);
    }

    /** The server has been closed: there is nothing left to do at the end. */
    @Override
    public void close() {
        try {
            if (!Runtime.getRuntime().removeShutdownHook(thread)) {
                LOG.trace("Was not registered");
            }
        } catch (IllegalStateException e) {
            LOG.trace("The JVM is ending already", e);
        }
    }
}

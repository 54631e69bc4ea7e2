package org.pmsevents.dev;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Closes a server when the JVM exits and Quarkus has not closed it, as at the end of a test run, so that no server outlives
 * its run.
 *
 * <p>The shutdown hooks of a JVM run concurrently. In dev mode one of them stops the service, which would warn of lost
 * connections. There this hook waits for Quarkus, which closes the server after the service has stopped.
 */
final class ExitHook implements Closeable {
    private static final Logger LOG = Logger.getLogger(ExitHook.class);

    /** Longer than the service takes to stop. */
    private static final long LONGEST_END_SECONDS = 20;

    private final Closeable server;
    private final boolean afterService;
    private final Thread thread;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @param afterService whether Quarkus closes the server after a service that has started */
    ExitHook(Closeable server, boolean afterService) {
        this.server = server;
        this.afterService = afterService;
        this.thread = new Thread(this::end, "stop-" + server.getClass().getSimpleName());
    }

    private void end() {
        try {
            if (afterService
                    && System.getProperty(DevGreeting.GREETED) != null
                    && !closed.await(LONGEST_END_SECONDS, TimeUnit.SECONDS)) {
                LOG.debugf("Nobody else has closed %s", server);
            }
            server.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.warnf(e, "Could not close %s", server);
        }
    }

    void register() {
        Runtime.getRuntime().addShutdownHook(thread);
    }

    /** The server has been closed, so the hook is not needed any more. */
    @Override
    public void close() {
        closed.countDown();
        try {
            if (!Runtime.getRuntime().removeShutdownHook(thread)) {
                LOG.trace("Was not registered");
            }
        } catch (IllegalStateException e) {
            LOG.trace("The JVM is ending already", e);
        }
    }
}

package org.pmsevents.delivery.websocket;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.core.http.HttpServerRequest;
import java.lang.reflect.Method;
import org.jboss.logging.Logger;

/**
 * A request that has become a WebSocket, and ends with it. Quarkus counts requests, to stop once none is under way, and learns of their
 * end from their response; of these it never hears again, and one WebSocket ever made each shutdown as long as its timeout. So it
 * is told here, by the method that it calls itself and that it has not made public.
 */
@RegisterForReflection(targets = QuarkusRequestWrapper.class)
final class UpgradedRequest {
    private static final Logger LOG = Logger.getLogger(UpgradedRequest.class);

    private final QuarkusRequestWrapper counted;

    UpgradedRequest(HttpServerRequest request) {
        this.counted = QuarkusRequestWrapper.get(request);
    }

    /** May be called more than once, and for one that was no upgrade in the end. */
    void end() {
        try {
            Method done = QuarkusRequestWrapper.class.getDeclaredMethod("done");
            done.setAccessible(true);
            done.invoke(counted);
        } catch (ReflectiveOperationException e) {
            LOG.warnf("Quarkus goes on counting a WebSocket that is closed, and the shutdown will take long: %s", e);
        }
    }
}

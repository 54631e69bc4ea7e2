package org.pmsevents.delivery.websocket;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.core.http.HttpServerRequest;
import java.lang.reflect.Method;
import org.jboss.logging.Logger;

/**
 * A request that was upgraded to a WebSocket, and ends with it. At shutdown Quarkus waits until no request is in progress. It counts a
 * request as ended when its response ends, which never happens after an upgrade. One WebSocket would make the shutdown last until its
 * timeout. So this class calls the non-public method by which Quarkus ends a request.
 */
@RegisterForReflection(targets = QuarkusRequestWrapper.class)
final class UpgradedRequest {
    private static final Logger LOG = Logger.getLogger(UpgradedRequest.class);

    private final QuarkusRequestWrapper counted;

    UpgradedRequest(HttpServerRequest request) {
        this.counted = QuarkusRequestWrapper.get(request);
    }

    /** May be called repeatedly, and for a request whose upgrade failed. */
    void end() {
        try {
            Method done = QuarkusRequestWrapper.class.getDeclaredMethod("done");
            done.setAccessible(true);
            done.invoke(counted);
        } catch (ReflectiveOperationException e) {
            LOG.warnf("cannot end the request of a closed WebSocket, the shutdown will wait until its timeout: %s", e);
        }
    }
}

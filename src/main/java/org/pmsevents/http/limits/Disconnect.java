package org.pmsevents.http.limits;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Disconnects clients that do not read. Vert.x closes a connection, or ends a response early, only after it has written what is queued,
 * which such a client blocks.
 */
public final class Disconnect {
    private Disconnect() {}

    /** Closes the connection of a request at once, or over HTTP/2 its stream. Any thread. */
    public static void now(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset();
        } else {
            now(request.connection());
        }
    }

    /** Closes a connection at once. Any thread. */
    public static void now(HttpConnection connection) {
        if (connection instanceof ConnectionBase opened) {
            var channel = opened.channel();
            // below TLS, which would wait until it has said goodbye
            channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
        }
    }
}

package org.pmsevents.websocket;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.error.AppException;

/** Before the upgrade: bounds the number of connections, and keeps the socket at hand for the case that a client is stuck. */
@ApplicationScoped
public class LiveUpgrade implements HttpUpgradeCheck {
    private static final TypedKey<HttpConnection> SOCKET = new TypedKey<>("socket");

    private final LiveSessions sessions;

    LiveUpgrade(LiveSessions sessions) {
        this.sessions = sessions;
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        if (sessions.full()) {
            return Uni.createFrom()
                    .failure(AppException.unavailable(
                            "too-many-connections", "This replica takes no more connections.", 1));
        }
        context.userData().put(SOCKET, context.httpRequest().connection());
        return CheckResult.permitUpgrade();
    }

    /** Closes the channel past Vert.x, which would first write what waits, and that is just what a stuck client does not take. */
    static void drop(WebSocketConnection connection) {
        if (connection.userData().get(SOCKET) instanceof ConnectionBase socket) {
            var unused = socket.channelHandlerContext().close();
        }
    }
}

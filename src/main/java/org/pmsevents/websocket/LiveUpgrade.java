package org.pmsevents.websocket;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.error.AppException;

/** Before the upgrade: bounds the number of connections, also of one client, and keeps the socket at hand for the case that a client is stuck. */
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
        return context.securityIdentity()
                .map(identity -> identity.getPrincipal().getName())
                .invoke(this::refuseIfFull)
                .invoke(() ->
                        context.userData().put(SOCKET, context.httpRequest().connection()))
                .chain(() -> CheckResult.permitUpgrade());
    }

    private void refuseIfFull(String client) {
        if (sessions.full(client)) {
            throw AppException.tooMany("too-many-connections", "You have as many connections as you may.", 5);
        }
    }

    /** Closes the channel past Vert.x, which would first write what waits, and that is just what a stuck client does not take. */
    static void drop(WebSocketConnection connection) {
        if (connection.userData().get(SOCKET) instanceof ConnectionBase socket) {
            var unused = socket.channelHandlerContext().close();
        }
    }
}

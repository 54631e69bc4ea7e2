package org.pmsevents.delivery.websocket;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.shutdown.Draining;

/** Before the upgrade: bounds the number of connections, also of one client, and keeps at hand what ends with one, or ends it if a client is stuck. */
@ApplicationScoped
public class LiveUpgrade implements HttpUpgradeCheck {
    private static final TypedKey<HttpConnection> SOCKET = new TypedKey<>("socket");

    private static final TypedKey<UpgradedRequest> REQUEST = new TypedKey<>("request");

    private final LiveSessions sessions;
    private final Draining draining;

    LiveUpgrade(LiveSessions sessions, Draining draining) {
        this.sessions = sessions;
        this.draining = draining;
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        if (draining.begun()) {
            return Uni.createFrom().failure(AppException.restarting());
        }
        if (sessions.full()) {
            return Uni.createFrom()
                    .failure(AppException.unavailable(
                            "too-many-connections", "This replica takes no more connections.", 1));
        }
        return context.securityIdentity()
                .map(identity -> identity.getPrincipal().getName())
                .invoke(this::refuseIfFull)
                .invoke(() -> {
                    context.userData().put(SOCKET, context.httpRequest().connection());
                    context.userData().put(REQUEST, new UpgradedRequest(context.httpRequest()));
                })
                .chain(() -> CheckResult.permitUpgrade());
    }

    private void refuseIfFull(String client) {
        if (sessions.full(client)) {
            throw AppException.tooMany("too-many-connections", "You have as many connections as you may.", 5);
        }
    }

    /** The connection is closed. */
    static void ended(WebSocketConnection connection) {
        var request = connection.userData().get(REQUEST);
        if (request != null) {
            request.end();
        }
    }

    /** Closes the channel past Vert.x, which would first write what waits, and that is just what a stuck client does not take. */
    static void drop(WebSocketConnection connection) {
        if (connection.userData().get(SOCKET) instanceof ConnectionBase socket) {
            var unused = socket.channelHandlerContext().close();
        }
    }
}

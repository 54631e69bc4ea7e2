package org.pmsevents.delivery.websocket;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpConnection;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.http.limits.Disconnect;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.shutdown.Draining;

/**
 * Before the upgrade: bounds the number of connections, in all and per client, and refuses a query that means nothing. Stores the
 * request, which ends with the connection, and the socket, to drop the connection of a client that does not read.
 */
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
                            "too-many-connections", "This replica has reached its limit of connections.", 1));
        }
        return context.securityIdentity()
                .map(identity -> identity.getPrincipal().getName())
                .invoke(this::refuseIfFull)
                .invoke(() -> LiveFlow.validateQuery(context.httpRequest().query()))
                .invoke(() -> {
                    context.userData().put(SOCKET, context.httpRequest().connection());
                    context.userData().put(REQUEST, new UpgradedRequest(context.httpRequest()));
                })
                .chain(() -> CheckResult.permitUpgrade());
    }

    private void refuseIfFull(String client) {
        if (sessions.full(client)) {
            throw AppException.tooMany("too-many-connections", "You have reached the limit of connections.", 5);
        }
    }

    /** Ends the request of a closed connection. */
    static void ended(WebSocketConnection connection) {
        var request = connection.userData().get(REQUEST);
        if (request != null) {
            request.end();
        }
    }

    static void drop(WebSocketConnection connection) {
        var socket = connection.userData().get(SOCKET);
        if (socket != null) {
            Disconnect.now(socket);
        }
    }
}

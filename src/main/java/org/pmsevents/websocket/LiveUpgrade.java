package org.pmsevents.websocket;

import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpConnection;
import jakarta.enterprise.context.ApplicationScoped;

/** Before the upgrade: bounds the number of connections, and keeps the socket at hand for the case that a client is stuck. */
@ApplicationScoped
public class LiveUpgrade implements HttpUpgradeCheck {
    static final TypedKey<HttpConnection> SOCKET = new TypedKey<>("socket");

    private final LiveSessions sessions;
    private final LiveConfig config;

    LiveUpgrade(LiveSessions sessions, LiveConfig config) {
        this.sessions = sessions;
        this.config = config;
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        if (sessions.size() >= config.maxConnections()) {
            return CheckResult.rejectUpgrade(503);
        }
        context.userData().put(SOCKET, context.httpRequest().connection());
        return CheckResult.permitUpgrade();
    }
}

package org.pmsevents.http.security;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.websockets.next.OnOpen;
import io.quarkus.websockets.next.WebSocket;

/** Says who is connected; part of the tests only. */
@WebSocket(path = "/ws/test-edge")
public class EdgeSocket {
    private final SecurityIdentity identity;

    public EdgeSocket(SecurityIdentity identity) {
        this.identity = identity;
    }

    @OnOpen
    public String open() {
        return identity.getPrincipal().getName();
    }
}

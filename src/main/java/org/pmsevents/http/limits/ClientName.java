package org.pmsevents.http.limits;

import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.smallrye.common.net.Inet;
import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.util.HexFormat;

/** The identity that limits apply to: the subject of the token, or the network address of a request without one. */
final class ClientName {
    /** The part of an IPv6 address that a provider assigns to one customer, who chooses the rest (RFC 6177). */
    private static final int NETWORK_BYTES = 8;

    private ClientName() {}

    static String of(RoutingContext routing) {
        if (routing.user() instanceof QuarkusHttpUser user
                && !user.getSecurityIdentity().isAnonymous()) {
            return "subject:" + user.getSecurityIdentity().getPrincipal().getName();
        }
        return ofAddress(routing);
    }

    /** The address of the connection, or that of the client for whom a trusted proxy has opened it ({@link ForwardedClient}). */
    static String ofAddress(RoutingContext routing) {
        var forwarded = ForwardedClient.of(routing);
        if (forwarded != null) {
            return "address:" + network(forwarded);
        }
        var address = routing.request().remoteAddress();
        var host = address == null ? null : address.hostAddress();
        return "address:" + (host == null ? "unknown" : network(host));
    }

    static String network(String host) {
        // never a name, which would have to be looked up
        var address = host.indexOf(':') < 0 ? null : Inet.parseInetAddress(host);
        if (address == null) {
            return host;
        }
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(address.getAddress(), 0, NETWORK_BYTES)
                : address.getHostAddress();
    }
}

package org.pmsevents.http.limits;

import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
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

    /** The address of the connection, or the forwarded one if {@code quarkus.http.proxy} trusts the proxy. */
    static String ofAddress(RoutingContext routing) {
        var address = routing.request().remoteAddress();
        var host = address == null ? null : address.hostAddress();
        return "address:" + (host == null ? "unknown" : network(host));
    }

    static String network(String host) {
        if (host.indexOf(':') < 0) {
            return host;
        }
        try {
            var address = InetAddress.getByName(host);
            return address instanceof Inet6Address
                    ? HexFormat.of().formatHex(address.getAddress(), 0, NETWORK_BYTES)
                    : address.getHostAddress();
        } catch (UnknownHostException e) {
            return host;
        }
    }
}

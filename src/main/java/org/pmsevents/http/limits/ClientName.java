package org.pmsevents.http.limits;

import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;

/** Who is limited as one: the subject of a token, or where a request without one comes from. */
final class ClientName {
    /** What a provider gives to one customer: the rest of the address is the customer's own choice (RFC 6177). */
    private static final int NETWORK_BYTES = 8;

    private ClientName() {}

    static String of(RoutingContext routing) {
        if (routing.user() instanceof QuarkusHttpUser user
                && !user.getSecurityIdentity().isAnonymous()) {
            return "subject:" + user.getSecurityIdentity().getPrincipal().getName();
        }
        return ofAddress(routing);
    }

    /** That of the connection, or of what forwards it where {@code quarkus.http.proxy} says who is to be believed. */
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

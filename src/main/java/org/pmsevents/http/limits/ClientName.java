package org.pmsevents.http.limits;

import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.smallrye.common.net.Inet;
import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

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
        var address = host.indexOf(':') < 0 ? null : parse(host);
        if (address == null) {
            return host;
        }
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(address.getAddress(), 0, NETWORK_BYTES)
                : address.getHostAddress();
    }

    /** An address, without its zone; IPv4 if it is one within IPv6. Null if it is something else: a name is never looked up. */
    static @Nullable InetAddress parse(String host) {
        int zone = host.indexOf('%');
        var bytes = Inet.parseInetAddressToBytes(zone < 0 ? host : host.substring(0, zone));
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }
}

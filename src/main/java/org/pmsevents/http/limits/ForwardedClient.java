package org.pmsevents.http.limits;

import io.quarkus.vertx.http.runtime.ProxyConfig;
import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.smallrye.common.net.CidrAddress;
import io.smallrye.common.net.Inet;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.FilterOrder;

/**
 * Finds the address of a client behind proxies ({@code quarkus.http.proxy}): the first one from the right in {@code X-Forwarded-For} or
 * {@code Forwarded} (RFC 7239) that no trusted proxy has. What stands further left was sent by the client itself, who could pretend to be
 * another one with each request; the framework takes the leftmost.
 */
@Singleton
class ForwardedClient {
    private static final String KEY = ForwardedClient.class.getName();
    private static final String FORWARDED = "Forwarded";
    private static final String X_FORWARDED_FOR = "X-Forwarded-For";
    private static final Pattern FOR = Pattern.compile("(?i)(?:^|;)\\s*+for\\s*+=\\s*+(?:\"([^\"]*+)\"|([^;\"]*+))");
    private static final Pattern WITH_PORT = Pattern.compile("(\\d[\\d.]*+):\\d++|\\[([^\\]]++)](?::\\d++)?");
    /** Longer than any address. */
    private static final int MAX_NAME_LENGTH = 64;

    private final boolean on;
    private final List<String> headers;
    private final List<CidrAddress> trusted;

    ForwardedClient(VertxHttpConfig http, Config config) {
        this.on = http.proxy().proxyAddressForwarding();
        this.headers = headers(http.proxy());
        this.trusted = trusted(config.getOptionalValues("quarkus.http.proxy.trusted-proxies", String.class)
                .orElse(List.of()));
    }

    /** The headers that are believed; if a request has several, the first one counts. */
    private static List<String> headers(ProxyConfig proxy) {
        if (!proxy.allowForwarded()) {
            return List.of(X_FORWARDED_FOR);
        }
        if (!proxy.allowXForwarded().orElse(false)) {
            return List.of(FORWARDED);
        }
        return proxy.forwardedPrecedence() == ProxyConfig.ForwardedPrecedence.FORWARDED
                ? List.of(FORWARDED, X_FORWARDED_FOR)
                : List.of(X_FORWARDED_FOR, FORWARDED);
    }

    /** Those that are named by address or network. A proxy that is named by its host name is recognised at the connection only. */
    static List<CidrAddress> trusted(List<String> names) {
        var networks = new ArrayList<CidrAddress>();
        for (var name : names) {
            var network = Inet.parseCidrAddress(name.strip());
            var address = network == null ? ClientName.parse(withoutPort(name.strip())) : null;
            if (network != null) {
                networks.add(network);
            } else if (address != null) {
                networks.add(CidrAddress.create(address, address.getAddress().length * Byte.SIZE));
            }
        }
        return List.copyOf(networks);
    }

    void findFirst(@Observes Filters filters) {
        if (on) {
            filters.register(this::find, FilterOrder.CLIENT_ADDRESS);
        }
    }

    /** The address that was found for the request; null if no proxy is configured or has named one. */
    static @Nullable String of(RoutingContext routing) {
        return routing.get(KEY);
    }

    private void find(RoutingContext routing) {
        var request = routing.request();
        var peer = request.connection().remoteAddress();
        if (peer != null && peer.hostAddress() != null && isProxy(peer.hostAddress(), request)) {
            routing.put(KEY, first(peer.hostAddress(), forwarded(request), trusted));
        }
        routing.next();
    }

    /** The framework judges proxies that are named by their host name: then it reports another address than that of the connection. */
    private boolean isProxy(String peer, HttpServerRequest request) {
        var reported = request.remoteAddress();
        return isTrusted(peer, trusted) || (reported != null && !peer.equals(reported.hostAddress()));
    }

    private List<String> forwarded(HttpServerRequest request) {
        for (var header : headers) {
            var values = request.headers().getAll(header);
            if (!values.isEmpty()) {
                return elements(header, values);
            }
        }
        return List.of();
    }

    private static List<String> elements(String header, List<String> values) {
        return header.equals(FORWARDED)
                ? ofForwarded(values)
                : List.of(String.join(",", values).split(",", -1));
    }

    /** The {@code for} of each element; an element without one is an unknown address. */
    static List<String> ofForwarded(List<String> values) {
        var found = new ArrayList<String>();
        for (var element : String.join(",", values).split(",", -1)) {
            var node = FOR.matcher(element);
            found.add(!node.find() ? "unknown" : node.group(1) == null ? node.group(2) : node.group(1));
        }
        return found;
    }

    /**
     * The client of a trusted proxy.
     *
     * @param proxy the address of the connection
     * @param forwarded from the client to the last proxy
     */
    static String first(String proxy, List<String> forwarded, List<CidrAddress> trusted) {
        var client = proxy;
        for (int i = forwarded.size() - 1; i >= 0; i--) {
            var next = withoutPort(forwarded.get(i).strip());
            if (next.isEmpty()) {
                continue;
            }
            client = next;
            if (!isTrusted(next, trusted)) {
                break;
            }
        }
        return client.length() > MAX_NAME_LENGTH ? client.substring(0, MAX_NAME_LENGTH) : client;
    }

    private static boolean isTrusted(String host, List<CidrAddress> trusted) {
        var address = ClientName.parse(host);
        return address != null && trusted.stream().anyMatch(network -> network.matches(address));
    }

    private static String withoutPort(String address) {
        var parts = WITH_PORT.matcher(address);
        if (!parts.matches()) {
            return address;
        }
        return parts.group(1) == null ? parts.group(2) : parts.group(1);
    }
}

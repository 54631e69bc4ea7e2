package org.pmsevents.delivery.webhook;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where webhooks of subscriptions may go: by {@code https} to public addresses, and to the networks that the operator allows, to these by
 * {@code http} as well.
 */
final class AddressRules {
    /** What is not public (IANA's registries of special addresses). */
    private static final List<Network> SPECIAL =
            Network.parse("0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,"
                    + "172.16.0.0/12,192.0.0.0/24,192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,"
                    + "203.0.113.0/24,224.0.0.0/4,240.0.0.0/4,2001::/23,2001:db8::/32,2002::/16,3fff::/20");

    /** All public addresses of version 6 are in here. */
    private static final List<Network> GLOBAL_V6 = Network.parse("2000::/3");

    /** The last four bytes are an address of version 4 that a gateway connects to. */
    private static final List<Network> TRANSLATED = Network.parse("64:ff9b::/96");

    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\\.?");

    /** What browsers and C libraries take for an address in another notation: {@code 127.1}, {@code 0x7f000001}, {@code 2130706433}. */
    private static final Pattern ENDS_IN_A_NUMBER = Pattern.compile("(.*\\.)?(\\d+|0[xX][0-9a-fA-F]*)\\.?");

    private static final int MAX_URL = 2_000;

    private final List<Network> allowed;

    AddressRules(List<Network> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    /** What is wrong with a URL, as far as it can be told without resolving a name; null for nothing. */
    @Nullable
    String fault(String text) {
        var url = url(text);
        if (url == null) {
            return "Must be https://host/path, without a user and a fragment.";
        }
        boolean plain = url.getScheme().equalsIgnoreCase("http");
        if (plain && allowed.isEmpty()) {
            return "Must begin with https://.";
        }
        var host = host(url);
        var address = Network.literal(host);
        if (address != null) {
            return fault(List.of(address), plain).orElse(null);
        }
        if (!NAME.matcher(host).matches() || ENDS_IN_A_NUMBER.matcher(host).matches()) {
            return "Must have a host name, or an address in the usual notation.";
        }
        return null;
    }

    private static @Nullable URI url(String text) {
        try {
            var url = new URI(text).parseServerAuthority();
            var scheme = url.getScheme();
            boolean web = scheme != null && (scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("http"));
            return text.length() <= MAX_URL
                            && text.chars().allMatch(c -> c > ' ' && c < 127)
                            && web
                            && url.getHost() != null
                            && url.getRawUserInfo() == null
                            && url.getRawFragment() == null
                            && url.getPort() != 0
                            && url.getPort() <= 65_535
                    ? url
                    : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** The host, an address of version 6 without its brackets. */
    static String host(URI url) {
        var host = url.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * Why no request may go to a host with these addresses; every one is judged, because any may be used.
     *
     * @param plain whether the request is not encrypted
     */
    Optional<String> fault(List<InetAddress> addresses, boolean plain) {
        if (addresses.isEmpty()) {
            return Optional.of("The host has no address.");
        }
        return addresses.stream()
                .filter(address -> !isAllowed(address) && (plain || !isPublic(address)))
                .findFirst()
                .map(address -> isPublic(address)
                        ? "Must begin with https://, because its address is not in the networks that are allowed."
                        : "The address " + address.getHostAddress() + " is not public, and not allowed.");
    }

    private boolean isAllowed(InetAddress address) {
        return allowed.stream().anyMatch(network -> network.contains(address));
    }

    static boolean isPublic(InetAddress address) {
        if (address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        var bytes = address.getAddress();
        if (bytes.length == 16 && isIn(TRANSLATED, address)) {
            return isPublic(v4(Arrays.copyOfRange(bytes, 12, 16)));
        }
        return !isIn(SPECIAL, address) && (bytes.length == 4 || isIn(GLOBAL_V6, address));
    }

    private static boolean isIn(List<Network> networks, InetAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }

    private static InetAddress v4(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}

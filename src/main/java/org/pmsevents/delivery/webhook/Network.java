package org.pmsevents.delivery.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** A network in CIDR notation, such as {@code 10.1.0.0/16} or {@code fd00:7::/64}; without a length, one address. */
public record Network(byte[] address, int bits) {
    private static final Pattern V4 = Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$|/)|$)){4}");
    private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
    private static final Pattern LENGTH = Pattern.compile("\\d{1,3}");

    /**
     * Networks separated by commas.
     *
     * @throws IllegalArgumentException if one is none; the message names it
     */
    public static List<Network> parse(String setting) {
        var networks = new ArrayList<Network>();
        for (var part : setting.split(",", -1)) {
            if (!part.isBlank()) {
                networks.add(one(part.strip()));
            }
        }
        return List.copyOf(networks);
    }

    private static Network one(String text) {
        int slash = text.indexOf('/');
        var address = literal(slash < 0 ? text : text.substring(0, slash));
        var length = slash < 0 ? "" : text.substring(slash + 1);
        if (address == null || (slash >= 0 && !LENGTH.matcher(length).matches())) {
            throw new IllegalArgumentException(text + " is no network such as 10.1.0.0/16 or fd00:7::/64");
        }
        var bytes = address.getAddress();
        int bits = slash < 0 ? bytes.length * 8 : Integer.parseInt(length);
        if (bits > bytes.length * 8) {
            throw new IllegalArgumentException(text + " has more bits than an address");
        }
        return new Network(bytes, bits);
    }

    /** The address that a text is, in the usual notation; null if it is none. Resolves no name. */
    static @org.jspecify.annotations.Nullable InetAddress literal(String text) {
        if (!V4.matcher(text).matches() && !V6.matcher(text).matches()) {
            return null;
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    boolean contains(InetAddress other) {
        var theirs = other.getAddress();
        if (theirs.length != address.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            int mask = 0x80 >> (i % 8);
            if ((theirs[i / 8] & mask) != (address[i / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Network network && bits == network.bits && Arrays.equals(address, network.address);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(address) + bits;
    }

    @Override
    public String toString() {
        return Arrays.toString(address) + "/" + bits;
    }
}

package org.pmsevents.platform.config;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Origins of pages in the one form in which browsers send them (RFC 6454, section 6.2). */
public final class WebOrigin {
    private static final Pattern PARTS = Pattern.compile("(https?)://([^/]*?)(?::(\\d*))?/*");
    private static final String HTTP_PORT = "80";
    private static final String HTTPS_PORT = "443";

    private WebOrigin() {}

    /** Lower case, without the default port of its scheme, without a slash at the end; what is no origin stays itself. */
    public static String normalized(String origin) {
        var lowerCase = origin.strip().toLowerCase(Locale.ROOT);
        var parts = PARTS.matcher(lowerCase);
        return parts.matches()
                ? parts.group(1) + "://" + authority(parts.group(1), parts.group(2), parts.group(3))
                : lowerCase;
    }

    /** Whether a page of the origin was served under this value of {@code Host}. */
    public static boolean isOf(String origin, String host) {
        int scheme = origin.indexOf("://");
        return scheme > 0 && normalized(origin).equals(normalized(origin.substring(0, scheme) + "://" + host));
    }

    private static String authority(String scheme, String host, @Nullable String port) {
        boolean isDefault =
                port == null || port.isEmpty() || port.equals(scheme.equals("https") ? HTTPS_PORT : HTTP_PORT);
        return isDefault ? host : host + ":" + port;
    }
}

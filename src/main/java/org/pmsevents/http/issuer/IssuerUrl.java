package org.pmsevents.http.issuer;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The addresses of an identity provider: by TLS, except on this machine. */
public final class IssuerUrl {
    private static final String DISCOVERY = "/.well-known/openid-configuration";
    private static final int MAX_LENGTH = 2_000;
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]");

    private IssuerUrl() {}

    /** Returns what is wrong with the address of an issuer, beginning with the name of the variable; empty if it is valid. */
    public static Optional<String> problem(String issuer) {
        var uri = parsed(issuer);
        return uri != null && uri.getRawQuery() == null
                ? Optional.empty()
                : Optional.of(
                        "PMS_EVENTS_OIDC_ISSUER: the identity provider as it calls itself, https://host/path without"
                                + " user, query or fragment; http only on this machine");
    }

    /** Where an issuer describes itself; OpenID Connect Discovery 1.0, section 4.1. */
    static String discovery(String issuer) {
        return (issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer) + DISCOVERY;
    }

    /** Whether secrets and keys may go there. */
    static boolean isSafe(String url) {
        return parsed(url) != null;
    }

    /** The origin of a safe address, as a policy for browsers names it. */
    static String origin(String url) {
        var uri = URI.create(url);
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    }

    private static @Nullable URI parsed(String url) {
        try {
            var uri = URI.create(url);
            @Nullable String host = uri.getHost();
            if (url.length() > MAX_LENGTH
                    || host == null
                    || uri.getRawUserInfo() != null
                    || uri.getRawFragment() != null) {
                return null;
            }
            boolean safe = "https".equals(uri.getScheme())
                    || ("http".equals(uri.getScheme()) && LOOPBACK.matcher(host).matches());
            return safe ? uri : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}

package org.pmsevents.pms.outbound;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** Parses the URL of the PMS. Messages do not repeat the URL, because it may contain a secret. */
public final class PmsUrl {
    private PmsUrl() {}

    /** Returns what is wrong with the URL, beginning with the name of the variable; empty if it is valid. */
    public static Optional<String> problem(String url) {
        try {
            var uri = new URI(url);
            boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            boolean plain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
            return web && plain && uri.getHost() != null ? Optional.empty() : Optional.of(expected());
        } catch (URISyntaxException e) {
            return Optional.of(expected());
        }
    }

    /**
     * Parses the URL and removes slashes at its end.
     *
     * @throws IllegalArgumentException with the {@link #problem} of an invalid URL
     */
    static URI parse(String url) {
        problem(url).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
        return URI.create(url.replaceAll("/+$", ""));
    }

    private static String expected() {
        return "PMS_EVENTS_PMS_URL: where the PMS is, as https://host/path, without user, query or fragment"
                + " (its token is PMS_EVENTS_PMS_TOKEN)";
    }
}

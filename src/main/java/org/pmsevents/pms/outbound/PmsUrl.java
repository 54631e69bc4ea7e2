package org.pmsevents.pms.outbound;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/** Reads where the PMS is, and says what is wrong with it without repeating it: a secret may have got into it. */
public final class PmsUrl {
    private PmsUrl() {}

    /** What is wrong, beginning with the variable; empty if it can be used. */
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
     * The URL without a slash at its end.
     *
     * @throws IllegalArgumentException saying what is wrong
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

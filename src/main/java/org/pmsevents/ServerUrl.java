package org.pmsevents;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Whether the addresses of PostgreSQL and Redis can be read at all; the drivers' own complaints would repeat the passwords in them. */
final class ServerUrl {
    private static final Pattern SEPARATOR = Pattern.compile("\\s*,\\s*");
    private static final Pattern POSTGRES = Pattern.compile(
            "(?:vertx-reactive:)?postgres(?:ql)?://(?:(?:[^@/?%\\s]|%[0-9A-Fa-f]{2})*@)?(?:\\[[^]]+]|[^:@/?\\s\\[\\]]+)(?::(?<port>\\d{1,5}))?(?:[/?]\\S*)?");
    private static final int LAST_PORT = 65_535;
    private static final String JDBC = "jdbc:";
    private static final Pattern REDIS = Pattern.compile("rediss?://.*");

    private ServerUrl() {}

    static boolean isPostgres(String urls) {
        return all(urls, url -> {
            var parts = POSTGRES.matcher(url);
            return parts.matches()
                    && (parts.group("port") == null || Integer.parseInt(parts.group("port")) <= LAST_PORT);
        });
    }

    /** Of what the migrations are run by. */
    static boolean isJdbc(String url) {
        var stripped = url.strip();
        return isPostgres(stripped.startsWith(JDBC) ? stripped.substring(JDBC.length()) : stripped);
    }

    /** Other kinds of address, such as of a socket in the file system, are not judged. */
    static boolean isRedis(String urls) {
        return all(urls, url -> !url.startsWith("redis") || (REDIS.matcher(url).matches() && hasHost(url)));
    }

    private static boolean hasHost(String url) {
        try {
            return new URI(url).getHost() != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean all(String urls, Predicate<String> isGood) {
        return Arrays.stream(SEPARATOR.split(urls.strip(), -1)).allMatch(isGood);
    }
}

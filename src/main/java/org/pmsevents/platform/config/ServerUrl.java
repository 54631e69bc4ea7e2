package org.pmsevents.platform.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Checks whether the URLs of PostgreSQL and Redis can be read. The error messages of the drivers would repeat the passwords in
 * them.
 */
public final class ServerUrl {
    private static final Pattern SEPARATOR = Pattern.compile("\\s*,\\s*");
    private static final String USER = "(?:(?:[^@/?%\\s]|%[0-9A-Fa-f]{2})*@)?";
    private static final String SERVER = "(?:\\[[^]\\s]+]|[^:@/?,\\s\\[\\]]+)(?::\\d{1,5})?";
    private static final String DATABASE = "(?:/(?:[^/?%\\s]|%[0-9A-Fa-f]{2})*)?(?:\\?(?:[^%\\s]|%[0-9A-Fa-f]{2})*)?";
    private static final Pattern POSTGRES =
            Pattern.compile("(?:vertx-reactive:)?postgres(?:ql)?://" + USER + "(?<servers>" + SERVER + ")" + DATABASE);

    /** The URL of the migrations: it may list several servers. */
    private static final Pattern JDBC = Pattern.compile("(?:jdbc:|vertx-reactive:)*postgres(?:ql)?://" + USER
            + "(?<servers>" + SERVER + "(?:," + SERVER + ")*)?" + DATABASE);

    private static final Pattern PORT = Pattern.compile(":(\\d+)(?=,|$)");
    private static final int LAST_PORT = 65_535;
    private static final Pattern REDIS = Pattern.compile("rediss?://.*");

    private static final Pattern UNDERSCORE =
            Pattern.compile("rediss?://(?:[^@/?]*@)?[^:/?@\\s]*_[^:/?@\\s]*(?:[:/?].*)?");

    private ServerUrl() {}

    public static boolean isPostgres(String urls) {
        return all(urls, url -> is(POSTGRES, url)) && isJdbc(urls);
    }

    /** Whether the URL is valid for the migrations. */
    public static boolean isJdbc(String urls) {
        return is(JDBC, JdbcUrl.first(urls));
    }

    private static boolean is(Pattern pattern, String url) {
        var parts = pattern.matcher(url);
        if (!parts.matches()) {
            return false;
        }
        var servers = parts.group("servers");
        return servers == null
                || PORT.matcher(servers)
                        .results()
                        .mapToInt(port -> Integer.parseInt(port.group(1)))
                        .allMatch(port -> port > 0 && port <= LAST_PORT);
    }

    /** Other kinds of URL, such as of a Unix socket, are not checked. */
    public static boolean isRedis(String urls) {
        return all(urls, url -> !url.startsWith("redis") || (REDIS.matcher(url).matches() && hasHost(url)));
    }

    /** Whether the name of a host has an underscore, which is no host name (RFC 952), and which the Redis client takes for none. */
    public static boolean hasUnderscore(String urls) {
        return Arrays.stream(SEPARATOR.split(urls.strip(), -1))
                .anyMatch(url -> UNDERSCORE.matcher(url).matches());
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

package org.pmsevents.platform.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import jakarta.annotation.Priority;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets the migrations' connection be named as databases are named everywhere else ({@code postgresql://…}, with or
 * without user and password), so that one variable can serve both drivers.
 */
@Priority(JdbcUrl.AFTER_EXPRESSIONS)
public final class JdbcUrl implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1L;

    /** SmallRye Config expands expressions at 3,300; who stands above sees what has come of them. */
    static final int AFTER_EXPRESSIONS = 3_400;

    private static final String PROPERTY = "quarkus.datasource.jdbc.url";
    private static final Pattern URL = Pattern.compile(
            "(?:jdbc:|vertx-reactive:)*postgres(?:ql)?://(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<rest>.*)");
    /** The reactive client may be given several servers; any one of them will do to migrate. */
    private static final Pattern FURTHER_SERVERS =
            Pattern.compile(",\\s*(?:vertx-reactive:)?postgres(?:ql)?://.*", Pattern.DOTALL);

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        if (value == null || value.getValue() == null || !PROPERTY.equals(name)) {
            return value;
        }
        return value.withValue(toJdbc(value.getValue()));
    }

    /** Anything that isn't a PostgreSQL URL stays as it is, for the driver to complain about. */
    static String toJdbc(String url) {
        Matcher parts = URL.matcher(first(url));
        if (!parts.matches()) {
            return url;
        }
        String jdbc = "jdbc:postgresql://" + withPath(parts.group("rest"));
        jdbc = with(jdbc, "user", parts.group("user"));
        return with(jdbc, "password", parts.group("password"));
    }

    /** The first of several servers. */
    static String first(String urls) {
        return FURTHER_SERVERS.matcher(urls.strip()).replaceFirst("");
    }

    /** The driver takes no URL without a slash after the server; what follows may be missing. */
    private static String withPath(String rest) {
        int query = rest.indexOf('?');
        var server = query < 0 ? rest : rest.substring(0, query);
        return server.contains("/") ? rest : server + "/" + rest.substring(server.length());
    }

    private static String with(String url, String parameter, @Nullable String encoded) {
        if (encoded == null) {
            return url;
        }
        // A plus means itself in a URL's user part, and a space in its query.
        String value = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
        return url + (url.contains("?") ? "&" : "?") + parameter + "="
                + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}

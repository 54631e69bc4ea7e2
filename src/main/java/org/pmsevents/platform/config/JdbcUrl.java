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
 * Accepts the common URL of a database ({@code postgresql://…}, with or without user and password) for the connection of the
 * migrations, so that one variable configures both drivers.
 */
@Priority(JdbcUrl.AFTER_EXPRESSIONS)
public final class JdbcUrl implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1L;

    /** SmallRye Config expands expressions at priority 3,300; interceptors above it see the expanded values. */
    static final int AFTER_EXPRESSIONS = 3_400;

    private static final String PROPERTY = "quarkus.datasource.jdbc.url";
    private static final Pattern URL = Pattern.compile(
            "(?:jdbc:|vertx-reactive:)*postgres(?:ql)?://(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<rest>.*)");
    /** The reactive client may be given several servers; the migrations use the first one. */
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

    /** Text that is not a PostgreSQL URL stays unchanged, for the driver to report. */
    static String toJdbc(String url) {
        Matcher parts = URL.matcher(first(url));
        if (!parts.matches()) {
            return url;
        }
        String jdbc = "jdbc:postgresql://" + withPath(parts.group("rest"));
        jdbc = with(jdbc, "user", parts.group("user"));
        return with(jdbc, "password", parts.group("password"));
    }

    /** Returns the URL with the first of its servers only. */
    static String first(String urls) {
        return FURTHER_SERVERS.matcher(urls.strip()).replaceFirst("");
    }

    /** Adds the slash after the server, which the driver requires; the name of the database may be missing. */
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

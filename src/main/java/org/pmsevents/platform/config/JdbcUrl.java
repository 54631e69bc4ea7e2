package org.pmsevents.platform.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Expressions;
import jakarta.annotation.Priority;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
    private static final List<String> URLS = List.of("pms-events.migration-url", "quarkus.datasource.reactive.url");
    private static final String DEFAULT = "${pms-events.migration-url:${quarkus.datasource.reactive.url}}";
    private static final Pattern URL = Pattern.compile(
            "(?:jdbc:|vertx-reactive:)*postgres(?:ql)?://(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<rest>.*)");
    /** The reactive client may be given several servers; the migrations look for the primary. */
    private static final Pattern FURTHER_SERVERS =
            Pattern.compile(",\\s*(?:vertx-reactive:)?postgres(?:ql)?://.*", Pattern.DOTALL);

    private static final Pattern SEPARATOR = Pattern.compile(",\\s*(?=(?:vertx-reactive:)?postgres(?:ql)?://)");

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        if (!PROPERTY.equals(name)) {
            return context.proceed(name);
        }
        var given = Expressions.withoutExpansion(() -> context.proceed(name));
        // as the default in application.properties says, but without expanding what is in the URL itself
        var other = given != null && DEFAULT.equals(given.getValue()) ? other(context, given) : null;
        ConfigValue value = other == null ? context.proceed(name) : other;
        return value == null || value.getValue() == null ? value : value.withValue(toJdbc(value.getValue()));
    }

    private static @Nullable ConfigValue other(ConfigSourceInterceptorContext context, ConfigValue value) {
        for (var name : URLS) {
            var url = context.proceed(name);
            if (url != null && url.getValue() != null && !url.getValue().isEmpty()) {
                return value.withValue(url.getValue());
            }
        }
        return null;
    }

    /** Text that is not a PostgreSQL URL stays unchanged, for the driver to report. Of several servers only the primary migrates. */
    static String toJdbc(String urls) {
        Matcher parts = URL.matcher(first(urls));
        if (!parts.matches()) {
            return urls;
        }
        var rest = withPath(parts.group("rest"));
        var further = furtherServers(urls);
        int path = rest.indexOf('/');
        String jdbc = "jdbc:postgresql://" + rest.substring(0, path) + further + rest.substring(path);
        jdbc = with(jdbc, "user", parts.group("user"));
        jdbc = with(jdbc, "password", parts.group("password"));
        return further.isEmpty() || jdbc.contains("targetServerType=")
                ? jdbc
                : with(jdbc, "targetServerType", "primary");
    }

    /** Host and port of each server after the first one, each after a comma. */
    private static String furtherServers(String urls) {
        List<String> servers = new ArrayList<>();
        var further = FURTHER_SERVERS.matcher(urls.strip());
        if (further.find()) {
            for (var url : SEPARATOR.split(further.group().substring(1).strip())) {
                var parts = URL.matcher(url);
                if (parts.matches()) {
                    servers.add("," + parts.group("rest").replaceFirst("[/?].*", ""));
                }
            }
        }
        return String.join("", servers);
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

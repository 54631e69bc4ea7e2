package org.pmsevents.platform.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Expressions;
import jakarta.annotation.Priority;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes passwords, secrets, and the URLs that may contain one, as they are given in the environment: {@code $} and <code>${x}</code> mean
 * themselves there, and line breaks at the end, as files of secrets have them, are dropped. In files of properties they are
 * expressions as everywhere.
 */
@Priority(LiteralSecrets.AROUND_EXPRESSIONS)
public final class LiteralSecrets implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1L;

    /** Interceptors of a higher priority see what the lower ones return; {@link JdbcUrl} is one of the higher. */
    static final int AROUND_EXPRESSIONS = JdbcUrl.AFTER_EXPRESSIONS - 50;

    /** The ordinal of {@code .env}; environment variables and system properties are above, files of properties below. */
    private static final int ENVIRONMENT = 295;

    private static final Pattern LINE_BREAKS = Pattern.compile("[\\r\\n]+$");

    private static final Set<String> SECRETS = Set.of(
            "quarkus.datasource.reactive.url",
            "quarkus.datasource.username",
            "quarkus.datasource.password",
            "pms-events.migration-url",
            "quarkus.datasource.jdbc.url",
            "quarkus.redis.hosts",
            "quarkus.redis.password",
            "pms-events.jwt.secret",
            "pms-events.webhook.secrets",
            "pms-events.admin.webhook-url",
            "pms-events.admin.webhook-secret",
            "pms-events.pms.url",
            "pms-events.pms.token",
            "quarkus.otel.exporter.otlp.headers");

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        if (!SECRETS.contains(name)) {
            return context.proceed(name);
        }
        var given = Expressions.withoutExpansion(() -> context.proceed(name));
        if (given == null || given.getConfigSourceOrdinal() < ENVIRONMENT || given.getValue() == null) {
            return context.proceed(name);
        }
        return given.withValue(LINE_BREAKS.matcher(given.getValue()).replaceFirst(""));
    }
}

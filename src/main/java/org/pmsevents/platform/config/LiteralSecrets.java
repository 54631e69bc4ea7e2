package org.pmsevents.platform.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Expressions;
import jakarta.annotation.Priority;
import java.util.Locale;
import java.util.Objects;
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

    /** A default that is another property, such as one of OpenTelemetry: its name, and what applies if that is not set. */
    private static final Pattern OTHER_PROPERTY = Pattern.compile("\\$\\{([a-z0-9.-]+)(?::(.*))?}");

    /** Beside these all passwords that Quarkus has settings for, such as those of key stores. */
    private static final Set<String> SECRETS = Set.of(
            "quarkus.datasource.reactive.url",
            "quarkus.datasource.username",
            "pms-events.migration-url",
            "quarkus.datasource.jdbc.url",
            "quarkus.redis.hosts",
            "pms-events.jwt.secret",
            "pms-events.jwt.jwks-url",
            "pms-events.webhook.secrets",
            "pms-events.admin.webhook-url",
            "pms-events.admin.webhook-secret",
            "pms-events.pms.url",
            "pms-events.pms.token",
            "pms-events.tracing.collector",
            "pms-events.tracing.endpoint",
            "pms-events.tracing.headers",
            "otel.exporter.otlp.endpoint",
            "otel.exporter.otlp.traces.endpoint",
            "otel.exporter.otlp.headers",
            "otel.exporter.otlp.traces.headers");

    /** What the client of Kafka is given by any name; Quarkus looks it up by the variables themselves, such as {@code KAFKA_SASL_JAAS_CONFIG}. */
    private static final Pattern OF_KAFKA = Pattern.compile(
            "kafka\\..*(password|\\.jaas\\.config|\\.secret|\\.keystore\\.key|\\.certificates|\\.certificate\\.chain)");

    private static boolean isSecret(String name) {
        return SECRETS.contains(name)
                || name.startsWith("quarkus.") && name.endsWith("password")
                || name.regionMatches(true, 0, "kafka", 0, 5)
                        && OF_KAFKA.matcher(name.toLowerCase(Locale.ROOT).replace('_', '.'))
                                .matches();
    }

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        if (!isSecret(name)) {
            return context.proceed(name);
        }
        var given = Expressions.withoutExpansion(() -> context.proceed(name));
        if (given == null || given.getValue() == null) {
            return context.proceed(name);
        }
        var literal = given.getConfigSourceOrdinal() < ENVIRONMENT ? other(context, given) : given;
        return literal == null
                ? context.proceed(name)
                : literal.withValue(LINE_BREAKS.matcher(literal.getValue()).replaceFirst(""));
    }

    /** What the environment has for the secrets that a value refers to; null if it refers to none, or none of them is there. */
    private static @Nullable ConfigValue other(ConfigSourceInterceptorContext context, ConfigValue value) {
        var reference = OTHER_PROPERTY.matcher(value.getValue());
        while (reference.matches() && isSecret(reference.group(1))) {
            var name = reference.group(1);
            var given = Expressions.withoutExpansion(() -> context.proceed(name));
            if (given != null && given.getValue() != null) {
                return given.getConfigSourceOrdinal() < ENVIRONMENT ? null : value.withValue(given.getValue());
            }
            reference = OTHER_PROPERTY.matcher(Objects.requireNonNullElse(reference.group(2), ""));
        }
        return null;
    }
}

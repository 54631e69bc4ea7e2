package org.pmsevents.platform.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import jakarta.annotation.Priority;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Configures TLS for PostgreSQL by two settings (mode and certificates), and for Redis by one. Derives from them the different
 * settings of both PostgreSQL drivers.
 */
@Priority(TlsSettings.AFTER_THE_URL_IS_MADE)
public final class TlsSettings implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1L;

    /** Sees the URL that {@link JdbcUrl} returns. */
    static final int AFTER_THE_URL_IS_MADE = JdbcUrl.AFTER_EXPRESSIONS + 100;

    private static final String JDBC_URL = "quarkus.datasource.jdbc.url";
    private static final String MODE = "quarkus.datasource.reactive.postgresql.ssl-mode";
    private static final String HOST_NAMES = "quarkus.datasource.reactive.hostname-verification-algorithm";
    private static final String POSTGRES_TRUST = "quarkus.datasource.reactive.trust-certificate-pem";
    private static final String REDIS_TRUST = "quarkus.redis.tls.trust-certificate-pem";
    private static final String CERTS = ".certs";
    private static final String VERIFY_FULL = "verify-full";

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        return switch (name) {
            case HOST_NAMES -> VERIFY_FULL.equals(text(context, MODE)) ? set(value, name, "HTTPS") : value;
            case POSTGRES_TRUST, REDIS_TRUST -> text(context, name + CERTS) == null ? value : set(value, name, "true");
            case JDBC_URL ->
                value == null || value.getValue() == null
                        ? value
                        : value.withValue(
                                jdbcUrl(value.getValue(), text(context, MODE), text(context, POSTGRES_TRUST + CERTS)));
            default -> value;
        };
    }

    /** A URL with TLS parameters of its own stays unchanged. */
    static String jdbcUrl(String url, @Nullable String mode, @Nullable String certificates) {
        if (mode == null || url.contains("sslmode=")) {
            return url;
        }
        var tls = url + (url.contains("?") ? "&" : "?") + "sslmode=" + mode;
        return certificates == null
                ? tls
                : tls + "&sslrootcert=" + URLEncoder.encode(certificates, StandardCharsets.UTF_8);
    }

    private static @Nullable String text(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        return value == null || value.getValue() == null || value.getValue().isBlank() ? null : value.getValue();
    }

    private static ConfigValue set(@Nullable ConfigValue value, String name, String text) {
        return value == null
                ? ConfigValue.builder().withName(name).withValue(text).build()
                : value.withValue(text);
    }
}

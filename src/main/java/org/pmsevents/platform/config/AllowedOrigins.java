package org.pmsevents.platform.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import jakarta.annotation.Priority;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Normalises the allowed origins for the framework, which compares them as they are written; regular expressions stay as they are. */
@Priority(JdbcUrl.AFTER_EXPRESSIONS)
public final class AllowedOrigins implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1L;

    private static final String ORIGINS = "quarkus.http.cors.origins";

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        return name.equals(ORIGINS) && value != null && value.getValue() != null
                ? value.withValue(normalized(value.getValue()))
                : value;
    }

    static String normalized(String origins) {
        return Arrays.stream(origins.split("(?<!\\\\),"))
                .map(origin -> origin.strip().startsWith("/") ? origin : WebOrigin.normalized(origin))
                .collect(Collectors.joining(","));
    }
}

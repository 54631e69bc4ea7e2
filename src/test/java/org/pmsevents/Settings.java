package org.pmsevents;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;

/** Settings for what is tested without a running service. */
public final class Settings {
    private static final int OVER_DEFAULTS = 100;

    private Settings() {}

    /** The defaults of a mapping, but for these. */
    public static <T> T of(Class<T> mapping, Map<String, String> others) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withConverter(Duration.class, OVER_DEFAULTS, new DurationConverter())
                .withMapping(mapping)
                .withSources(new PropertiesConfigSource(others, "test", OVER_DEFAULTS))
                .build()
                .getConfigMapping(mapping);
    }
}

package org.pmsevents.platform.config;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/** One setting of the service: a method of a {@link ConfigMapping}. */
public final class Setting {
    private static final Pattern HUMP = Pattern.compile("(?<=[a-z])(?=[A-Z])");
    private static final Pattern OTHER_THAN_WORDS = Pattern.compile("[^a-zA-Z0-9]");
    private static final Pattern OTHER_PROPERTY = Pattern.compile("\\$\\{([a-z0-9.-]+)");
    private static final Duration SHORTEST = Duration.ofMillis(1);

    private final Method method;
    private final String property;

    private Setting(String prefix, Method method) {
        this.method = method;
        this.property = prefix + "." + HUMP.matcher(method.getName()).replaceAll("-").toLowerCase(Locale.ROOT);
    }

    /** All settings of a mapping, by name. */
    public static List<Setting> of(Class<?> mapping) {
        var prefix = mapping.getAnnotation(ConfigMapping.class).prefix();
        return Arrays.stream(mapping.getDeclaredMethods())
                .filter(method -> !method.isSynthetic())
                .map(method -> new Setting(prefix, method))
                .sorted(Comparator.comparing(Setting::property))
                .toList();
    }

    public String property() {
        return property;
    }

    /** The name of the method that gives it. */
    public String name() {
        return method.getName();
    }

    /** The environment variable to set: that of OpenTelemetry's specification, where the default refers to one. */
    public String variable() {
        return variable(others().findFirst().orElse(property));
    }

    public static String variable(String property) {
        return OTHER_THAN_WORDS.matcher(property).replaceAll("_").toUpperCase(Locale.ROOT);
    }

    /** The default; null if there is none. */
    public @Nullable String defaultValue() {
        var given = method.getAnnotation(WithDefault.class);
        return given == null ? null : given.value();
    }

    /** What a value is; of an optional one, what it is if it is set. */
    public Class<?> type() {
        if (method.getReturnType() == OptionalInt.class) {
            return int.class;
        }
        Type type = method.getGenericReturnType();
        while (type instanceof ParameterizedType of) {
            type = of.getActualTypeArguments()[0];
        }
        return (Class<?>) type;
    }

    public boolean mayBeZero() {
        return method.isAnnotationPresent(MayBeZero.class);
    }

    /** One line that begins with the variable, if a value is set that makes no sense. The value itself is not repeated. */
    public Optional<String> problem(Config config) {
        return Stream.concat(Stream.of(property), others())
                .flatMap(name -> config.getOptionalValue(name, String.class).stream()
                        .filter(value -> !value.isBlank())
                        .filter(value -> !makesSense(value.strip()))
                        .map(value -> variable() + ": must be " + range()))
                .findFirst();
    }

    /** The range of a number, a share or a duration in words; empty for other types. */
    public String range() {
        if (type() == Duration.class) {
            return mayBeZero() ? "a duration of 0s or more, such as 10s" : "a duration of at least 1 ms, such as 10s";
        }
        if (type() == double.class) {
            return "a share from 0 to 1";
        }
        if (type() == int.class || type() == long.class) {
            return "a whole number of " + (mayBeZero() ? "0" : "1") + " or more"
                    + (type() == int.class ? ", up to " + Integer.MAX_VALUE : "");
        }
        return "";
    }

    private boolean makesSense(String value) {
        try {
            if (type() == Duration.class) {
                return new DurationConverter().convert(value).compareTo(mayBeZero() ? Duration.ZERO : SHORTEST) >= 0;
            }
            if (type() == double.class) {
                double share = Double.parseDouble(value);
                return share >= 0 && share <= 1;
            }
            if (type() == int.class || type() == long.class) {
                long number = type() == int.class ? Integer.parseInt(value) : Long.parseLong(value);
                return number >= (mayBeZero() ? 0 : 1);
            }
            return true;
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }

    /** The properties that the default refers to, the first of them first. */
    private Stream<String> others() {
        return Stream.ofNullable(defaultValue())
                .flatMap(value -> OTHER_PROPERTY.matcher(value).results().map((MatchResult found) -> found.group(1)));
    }
}

package org.pmsevents.deploy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The environment variables that the service knows: those of its own settings, and those that Quarkus documents for its extensions. */
public final class Settings {
    private static final Path PROPERTIES = Path.of("src", "main", "resources", "application.properties");
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(pms-events\\.[a-z0-9.-]+)");
    /** Of JVMs. */
    private static final String JVM = "JAVA_TOOL_OPTIONS";

    private final Set<String> known = new HashSet<>(Set.of(JVM));

    Settings() {
        new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .withImportOption(location -> location.contains("Config"))
                        .importPackages("org.pmsevents")
                        .stream()
                        .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                        .map(type -> ConfigClass.configClass(type.reflect()))
                        .flatMap(type -> ConfigMappings.getProperties(type).keySet().stream())
                        .forEach(property -> known.add(variable(property)));
        try {
            REFERENCE
                    .matcher(Files.readString(PROPERTIES))
                    .results()
                    .forEach(found -> known.add(variable(found.group(1))));
            var mapper = new ObjectMapper();
            for (var model : Collections.list(Settings.class
                    .getClassLoader()
                    .getResources("META-INF/quarkus-config-doc/quarkus-config-model.json"))) {
                known.addAll(mapper.readTree(model).findValuesAsText("environmentVariable"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isKnown(String variable) {
        return known.contains(variable);
    }

    private static String variable(String property) {
        return property.replaceAll("[^a-zA-Z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    /** The variables of an .env file, such as ConfigMaps and Secrets are made of. */
    public static Map<String, String> of(Path envFile) {
        var settings = new LinkedHashMap<String, String>();
        try (var lines = Files.lines(envFile)) {
            lines.filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
                int equals = line.indexOf('=');
                if (settings.put(line.substring(0, equals), line.substring(equals + 1)) != null) {
                    throw new IllegalStateException("twice in " + envFile + ": " + line);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return settings;
    }
}

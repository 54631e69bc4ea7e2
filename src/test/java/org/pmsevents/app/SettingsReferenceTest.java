package org.pmsevents.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.config.JdbcUrl;
import org.pmsevents.platform.config.LiteralSecrets;
import org.pmsevents.platform.config.Setting;

/** The settings: that there are few, all of them checked at the start, and documented as they are. */
@Pure
class SettingsReferenceTest {
    private static final int MOST = 80;
    private static final String WRITE = "settings.write";

    /** One more, {@code pms-events.migration-url}, is in application.properties. */
    private static final int UNMAPPED = 1;

    /** Texts of which nobody would make a secret. */
    private static final Set<String> NO_SECRETS = Set.of(
            "pms-events.jwt.audience",
            "pms-events.jwt.issuer",
            "pms-events.jwt.roles-claim",
            "pms-events.oidc.client-id",
            "pms-events.oidc.issuer",
            "pms-events.pms.actor",
            "pms-events.redis.prefix",
            "pms-events.security.allowed-origins",
            "pms-events.subscriptions.allow",
            "pms-events.tracing.resource-attributes",
            "pms-events.tracing.service-name");

    private static final Pattern OTHER_PROPERTY = Pattern.compile("\\$\\{([a-z0-9.-]+)");

    /** A line of the page about a setting of Quarkus, or one without a mapping, that may hold one. */
    private static final Pattern QUARKUS_SECRET =
            Pattern.compile("(?m)^\\| `(\\w+)` \\| `([a-z0-9.-]*(?:url|hosts|username|password|secret|token))` \\|");

    private static Stream<Setting> settings() {
        return RequiredSettings.MAPPINGS.stream().flatMap(mapping -> Setting.of(mapping).stream());
    }

    @Test
    void thePageIsWhatTheMappingsSay() throws IOException {
        var page = SettingsReference.page();
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(SettingsReference.PAGE, page);
        }
        assertThat(Files.readString(SettingsReference.PAGE))
                .as(
                        "%s; to write it: ./mvnw test -Dtest=SettingsReferenceTest -D%s=true",
                        SettingsReference.PAGE, WRITE)
                .isEqualTo(page);
    }

    @Test
    void thereAreFew() {
        assertThat(settings().count() + UNMAPPED).isLessThanOrEqualTo(MOST);
    }

    @Test
    void everyMappingIsCheckedAtTheStart() {
        var mappings = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("org.pmsevents").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                        .map(JavaClass::getName)
                        .toList();
        assertThat(RequiredSettings.MAPPINGS)
                .allMatch(mapping -> mapping.isAnnotationPresent(RegisterForReflection.class))
                .extracting(Class::getName)
                .containsExactlyInAnyOrderElementsOf(mappings);
    }

    @Test
    void settingsHaveTheNamesThatTheConfigurationGivesThem() {
        var names = RequiredSettings.MAPPINGS.stream()
                .flatMap(mapping -> ConfigMappings.getProperties(ConfigClass.configClass(mapping)).keySet().stream())
                .map(name -> name.replace("[*]", ""))
                .collect(Collectors.toSet());
        assertThat(settings().map(Setting::property).toList()).containsExactlyInAnyOrderElementsOf(names);
    }

    /**
     * Every text that can be set, by each of its variables, is taken literally, unless it is known to hold no secret; so are passwords and
     * addresses among the settings of Quarkus. A new setting belongs into one of the lists: this one, or that of {@link LiteralSecrets}.
     */
    @Test
    void everySecretIsTakenLiterally() throws IOException {
        var variables = new TreeMap<String, String>();
        settings()
                .filter(setting -> setting.type() == String.class && !NO_SECRETS.contains(setting.property()))
                .forEach(setting -> {
                    variables.put(Setting.variable(setting.property()), setting.property());
                    OTHER_PROPERTY
                            .matcher(Objects.requireNonNullElse(setting.defaultValue(), ""))
                            .results()
                            .forEach(other -> variables.put(Setting.variable(other.group(1)), setting.property()));
                });
        QUARKUS_SECRET
                .matcher(Files.readString(SettingsReference.PAGE))
                .results()
                .forEach(row -> variables.put(row.group(1), row.group(2)));
        variables.put("QUARKUS_TLS_KEY_STORE_P12_PASSWORD", "quarkus.tls.key-store.p12.password");
        // Quarkus asks for these by the variables themselves
        variables.put("KAFKA_SASL_JAAS_CONFIG", "KAFKA_SASL_JAAS_CONFIG");
        variables.put("KAFKA_SSL_KEYSTORE_PASSWORD", "kafka.ssl.keystore.password");

        var secret = "pa$$word\\${x}${pms-events.redis.prefix}";
        var taken = new TreeMap<String, String>();
        variables.forEach((variable, property) -> taken.put(
                variable,
                withDefaults()
                        .addDefaultInterceptors()
                        .withInterceptors(new LiteralSecrets(), new JdbcUrl())
                        .withSources(new EnvConfigSource(Map.of(variable, secret + "\n"), 300))
                        .build()
                        .getOptionalValue(property, String.class)
                        .orElse("nothing")));
        assertThat(taken)
                .containsKeys(
                        "PMS_EVENTS_JWT_SECRET",
                        "OTEL_EXPORTER_OTLP_HEADERS",
                        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
                        "QUARKUS_DATASOURCE_PASSWORD",
                        "QUARKUS_REDIS_PASSWORD",
                        "PMS_EVENTS_MIGRATION_URL");
        assertThat(taken.entrySet())
                .allSatisfy(
                        each -> assertThat(each.getValue()).as(each.getKey()).isEqualTo(secret));
    }

    private static SmallRyeConfigBuilder withDefaults() {
        var defaults = new SmallRyeConfigBuilder();
        settings()
                .filter(setting -> setting.defaultValue() != null)
                .forEach(setting ->
                        defaults.withDefaultValue(setting.property(), Objects.requireNonNull(setting.defaultValue())));
        return defaults;
    }

    @Test
    void everyDefaultMakesSense() {
        var defaults = new SmallRyeConfigBuilder();
        settings()
                .forEach(setting ->
                        defaults.withDefaultValue(setting.property(), SettingsReference.plainDefault(setting)));
        var config = defaults.build();
        List<String> problems =
                settings().flatMap(setting -> setting.problem(config).stream()).toList();
        assertThat(problems).isEmpty();
    }
}

package org.pmsevents.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.config.Setting;

/** The settings: that there are few, all of them checked at the start, and documented as they are. */
@Pure
class SettingsReferenceTest {
    private static final int MOST = 80;
    private static final String WRITE = "settings.write";

    /** One more, {@code pms-events.migration-url}, is in application.properties. */
    private static final int UNMAPPED = 1;

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
                .as("%s; to write it: ./mvnw test -Dtest=SettingsReferenceTest -D%s=true", SettingsReference.PAGE, WRITE)
                .isEqualTo(page);
    }

    @Test
    void thereAreFew() {
        assertThat(settings().count() + UNMAPPED).isLessThanOrEqualTo(MOST);
    }

    @Test
    void everyMappingIsCheckedAtTheStart() {
        var mappings = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.pmsevents").stream()
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

    @Test
    void everyDefaultMakesSense() {
        var defaults = new SmallRyeConfigBuilder();
        settings().forEach(setting ->
                defaults.withDefaultValue(setting.property(), SettingsReference.plainDefault(setting)));
        var config = defaults.build();
        List<String> problems =
                settings().flatMap(setting -> setting.problem(config).stream()).toList();
        assertThat(problems).isEmpty();
    }
}

package org.pmsevents.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

/** A password may consist of anything. */
@Pure
class LiteralSecretsTest {
    private static SmallRyeConfig config(Map<String, String> environment, Map<String, String> file) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withInterceptors(new LiteralSecrets(), new JdbcUrl())
                .withSources(new EnvConfigSource(environment, 300), new PropertiesConfigSource(file, "file", 250))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pa$$word", "${x}", "a${x", "${x:y}", "back\\slash\\${x}", "$"})
    void aSecretMeansItself(String secret) {
        var config = config(
                Map.of(
                        "PMS_EVENTS_JWT_SECRET", secret + "\n",
                        "QUARKUS_DATASOURCE_PASSWORD", secret + "\r\n",
                        "PMS_EVENTS_PMS_TOKEN", secret + "\n"),
                Map.of());

        assertThat(config.getValue("pms-events.jwt.secret", String.class)).isEqualTo(secret);
        assertThat(config.getValue("quarkus.datasource.password", String.class)).isEqualTo(secret);
        assertThat(config.getValue("pms-events.pms.token", String.class)).isEqualTo(secret);
    }

    @Test
    void theUrlOfTheMigrationsHasThePasswordOfTheOtherOne() {
        var url =
                Map.of("quarkus.datasource.jdbc.url", "${pms-events.migration-url:${quarkus.datasource.reactive.url}}");

        assertThat(config(Map.of("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://me:${x}@db/pms"), url)
                        .getValue("quarkus.datasource.jdbc.url", String.class))
                .isEqualTo("jdbc:postgresql://db/pms?user=me&password=%24%7Bx%7D");
        assertThat(config(
                                Map.of(
                                        "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://pooler/pms",
                                        "PMS_EVENTS_MIGRATION_URL", "postgresql://db/pms\n"),
                                url)
                        .getValue("quarkus.datasource.jdbc.url", String.class))
                .isEqualTo("jdbc:postgresql://db/pms");
    }

    @Test
    void aFileOfPropertiesHasExpressionsAsEverywhere() {
        var config = config(Map.of("X", "hush"), Map.of("pms-events.jwt.secret", "${x}"));

        assertThat(config.getValue("pms-events.jwt.secret", String.class)).isEqualTo("hush");
    }
}

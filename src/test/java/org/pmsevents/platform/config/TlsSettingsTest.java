package org.pmsevents.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class TlsSettingsTest {
    private static final String HOST_NAMES = "quarkus.datasource.reactive.hostname-verification-algorithm";

    private static SmallRyeConfig config(Map<String, String> environment) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredInterceptors()
                .withSources(new EnvConfigSource(environment, 300))
                .withDefaultValue(HOST_NAMES, "NONE")
                .withDefaultValue("quarkus.datasource.reactive.trust-certificate-pem", "false")
                .withDefaultValue("quarkus.datasource.reactive.url", "postgresql://db:5432/pms")
                .withDefaultValue(
                        "quarkus.datasource.jdbc.url", "${pms-events.migration-url:${quarkus.datasource.reactive.url}}")
                .build();
    }

    @Test
    void twoSettingsAreEnoughForBothDrivers() {
        var config = config(Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_POSTGRESQL_SSL_MODE", "verify-full",
                "QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS", "/etc/my ca.pem"));
        assertThat(config.getValue(HOST_NAMES, String.class)).isEqualTo("HTTPS");
        assertThat(config.getValue("quarkus.datasource.reactive.trust-certificate-pem", Boolean.class))
                .isTrue();
        assertThat(config.getValue("quarkus.datasource.jdbc.url", String.class))
                .isEqualTo("jdbc:postgresql://db:5432/pms?sslmode=verify-full&sslrootcert=%2Fetc%2Fmy+ca.pem");
    }

    @Test
    void withoutThemAllIsAsItWas() {
        var config = config(Map.of());
        assertThat(config.getValue(HOST_NAMES, String.class)).isEqualTo("NONE");
        assertThat(config.getValue("quarkus.datasource.reactive.trust-certificate-pem", Boolean.class))
                .isFalse();
        assertThat(config.getValue("quarkus.datasource.jdbc.url", String.class))
                .isEqualTo("jdbc:postgresql://db:5432/pms");
    }

    @Test
    void aUrlThatSaysItselfIsObeyed() {
        assertThat(TlsSettings.jdbcUrl("jdbc:postgresql://db/pms?sslmode=disable", "verify-full", "/ca.pem"))
                .isEqualTo("jdbc:postgresql://db/pms?sslmode=disable");
    }

    @Test
    void whatTheUrlForMigrationsSaysIsObeyed() {
        var config = config(Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_POSTGRESQL_SSL_MODE", "verify-full",
                "PMS_EVENTS_MIGRATION_URL", "postgresql://direct:5432/pms?sslmode=disable"));
        assertThat(config.getValue("quarkus.datasource.jdbc.url", String.class))
                .isEqualTo("jdbc:postgresql://direct:5432/pms?sslmode=disable");
    }

    @Test
    void ofSeveralServersThePrimaryIsMigratedByTls() {
        var config = config(Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_POSTGRESQL_SSL_MODE", "require",
                "PMS_EVENTS_MIGRATION_URL", "postgresql://one/pms,postgresql://two/pms"));
        assertThat(config.getValue("quarkus.datasource.jdbc.url", String.class))
                .isEqualTo("jdbc:postgresql://one,two/pms?targetServerType=primary&sslmode=require");
    }
}

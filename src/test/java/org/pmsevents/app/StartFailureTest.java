package org.pmsevents.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.QuarkusBindException;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Pure;

/** Why the service can't start is one line for what an operator can mend, and the ports are checked before anything begins. */
@Pure
class StartFailureTest {
    private static Config config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(settings, "test", 100))
                .build();
    }

    @ParameterizedTest
    @CsvSource({
        "08001, QUARKUS_DATASOURCE_REACTIVE_URL",
        "28P01, QUARKUS_DATASOURCE_PASSWORD",
        "3D000, QUARKUS_DATASOURCE_REACTIVE_URL",
        "42501, QUARKUS_DATASOURCE_USERNAME",
    })
    void aRefusalByPostgresNamesTheVariableToLookAt(String state, String variable) {
        var refusal = new SQLException("FATAL: no\n  such luck", state);

        assertThat(StartFailure.line(new IllegalStateException("at start", refusal)))
                .contains(variable, "FATAL: no such luck")
                .doesNotContain("\n");
    }

    @Test
    void aPasswordIsNotRepeated() {
        var refusal = new SQLException("jdbc:postgresql://pms:s3cret@db/pms?user=pms&password=s3cret is gone", "08006");

        assertThat(StartFailure.line(refusal)).contains("//db/pms").doesNotContain("s3cret");
    }

    @Test
    void aMessageAboutASettingIsTheLine() {
        assertThat(StartFailure.line(
                        new RuntimeException(new ConfigurationException("quarkus.http.port is no number"))))
                .isEqualTo("quarkus.http.port is no number");
        assertThat(StartFailure.line(new IllegalStateException("PMS_EVENTS_FEED_RETENTION must be at least 1m")))
                .isEqualTo("PMS_EVENTS_FEED_RETENTION must be at least 1m");
    }

    @Test
    void aFaultOfTheServiceKeepsItsStackTrace() {
        assertThat(StartFailure.line(new IllegalStateException("no bean"))).isNull();
        assertThat(StartFailure.line(new SQLException("syntax error", "42601"))).isNull();
    }

    @Test
    void aPortThatCouldNotBeOpenedIsNamedWithItsVariable() {
        assertThat(StartFailure.line(new QuarkusBindException("localhost", 1, new BindException("in use"))))
                .contains("Port 1 is in use", "QUARKUS_HTTP_PORT");
    }

    @Test
    void portsInUseAreNamedEachWithItsOption() throws IOException {
        var loopback = InetAddress.getLoopbackAddress();
        try (var http = new ServerSocket(0, 1, loopback);
                var management = new ServerSocket(0, 1, loopback)) {
            var settings = Map.of(
                    "quarkus.http.port", Integer.toString(http.getLocalPort()),
                    "quarkus.management.port", Integer.toString(management.getLocalPort()));

            assertThat(Ports.inUse(config(settings), "127.0.0.1", StartFailure::variable))
                    .containsExactly(
                            "Port " + http.getLocalPort()
                                    + " is in use: stop the process that uses it, or choose another port with QUARKUS_HTTP_PORT.",
                            "Port " + management.getLocalPort()
                                    + " is in use: stop the process that uses it, or choose another port with QUARKUS_MANAGEMENT_PORT.");
        }
    }

    @Test
    void anyPortIsFree() {
        var any = Map.of("quarkus.http.port", "0", "quarkus.management.port", "0");

        assertThat(Ports.inUse(config(any), "127.0.0.1", StartFailure::variable))
                .isEqualTo(List.of());
    }
}

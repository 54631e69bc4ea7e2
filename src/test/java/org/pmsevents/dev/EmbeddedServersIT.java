package org.pmsevents.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.restassured.RestAssured;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

/**
 * The packaged service under test is given the servers that its package doesn't have.
 *
 * <p>An integration test has no injection; it gets the servers' addresses, embedded or configured from outside, from
 * {@code ConfigProvider.getConfig()} as here. (That works in a {@code @QuarkusTest}, too.)
 */
@QuarkusIntegrationTest
class EmbeddedServersIT {
    @Test
    void addressesAreKnownToTheTest() {
        Config config = ConfigProvider.getConfig();
        assertThat(config.getValue("quarkus.datasource.reactive.url", String.class))
                .startsWith("postgresql://");
        assertThat(config.getValue("quarkus.datasource.username", String.class)).isNotEmpty();
        assertThat(config.getValue("quarkus.datasource.password", String.class)).isNotEmpty();
        assertThat(config.getValue("quarkus.redis.hosts", String.class)).startsWith("redis://");
    }

    @Test
    void serviceIsUp() {
        assertThat(RestAssured.get("/q/openapi").statusCode()).isEqualTo(200);
    }
}

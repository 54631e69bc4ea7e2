package org.pmsevents.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

@Pure
class RequiredSettingsTest {
    private static final Map<String, String> SERVERS = Map.of(
            "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://db/pms",
            "QUARKUS_DATASOURCE_USERNAME", "pms",
            "QUARKUS_DATASOURCE_PASSWORD", "secret",
            "QUARKUS_REDIS_HOSTS", "redis://redis");

    @Test
    void apiKeysNeedNoSetting() {
        assertThat(problemsWith(Map.of())).isEmpty();
    }

    @Test
    void oneKeyIsEnough() {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32))))
                .isEmpty();
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_JWKS_URL", "https://issuer/jwks")))
                .isEmpty();
    }

    @Test
    void anAdminWebhookNeedsBothItsSettings() {
        var key = Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32));
        var half = new HashMap<>(key);
        half.put("PMS_EVENTS_ADMIN_WEBHOOK_URL", "https://admins.example.com");
        assertThat(problemsWith(half)).singleElement().asString().startsWith("PMS_EVENTS_ADMIN_WEBHOOK_SECRET");
        half.put("PMS_EVENTS_ADMIN_WEBHOOK_SECRET", "hush-hush");
        assertThat(problemsWith(half))
                .singleElement()
                .asString()
                .contains("SECRET")
                .doesNotContain("hush");
        half.put("PMS_EVENTS_ADMIN_WEBHOOK_SECRET", "whsec_" + "a".repeat(40));
        assertThat(problemsWith(half)).isEmpty();
    }

    @Test
    void shortSecretIsRefused() {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(31))))
                .singleElement()
                .asString()
                .contains("PMS_EVENTS_JWT_SECRET", "too short");
    }

    @Test
    void bothKeysAreRefused() {
        assertThat(problemsWith(Map.of(
                        "PMS_EVENTS_JWT_SECRET", "x".repeat(32), "PMS_EVENTS_JWT_JWKS_URL", "https://issuer/jwks")))
                .singleElement()
                .asString()
                .contains("only one", "PMS_EVENTS_JWT_SECRET and PMS_EVENTS_JWT_JWKS_URL");
    }

    @Test
    void anIdentityProviderIsEnoughAndStandsAlone() {
        var issuer = Map.of("PMS_EVENTS_OIDC_ISSUER", "https://login.example/realms/shop");
        assertThat(problemsWith(issuer)).isEmpty();
        for (var beside : List.of(
                Map.entry("PMS_EVENTS_JWT_SECRET", "x".repeat(32)),
                Map.entry("PMS_EVENTS_JWT_JWKS_URL", "https://issuer/jwks"),
                Map.entry("PMS_EVENTS_JWT_ISSUER", "https://login.example/realms/other"))) {
            var both = new HashMap<>(issuer);
            both.put(beside.getKey(), beside.getValue());
            assertThat(problemsWith(both))
                    .singleElement()
                    .asString()
                    .contains(beside.getKey(), "PMS_EVENTS_OIDC_ISSUER");
        }
        assertThat(problemsWith(Map.of("PMS_EVENTS_OIDC_CLIENT_ID", "dashboard")))
                .singleElement()
                .asString()
                .startsWith("PMS_EVENTS_OIDC_ISSUER: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "login.example",
                "http://login.example/realms/shop",
                "http://127.0.0.1.evil.example/",
                "https://me:hidden@login.example",
                "https://login.example/?realm=shop",
                "https://login.example/#shop",
                "https://log in.example",
                "file:///etc/issuer"
            })
    void anIssuerThatIsNoSafeAddressIsRefused(String issuer) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_OIDC_ISSUER", issuer)))
                .singleElement()
                .asString()
                .startsWith("PMS_EVENTS_OIDC_ISSUER: ")
                .doesNotContain("hidden");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://tenant.eu.auth0.com/",
                "https://login.microsoftonline.com/7c1c5b0e-6f8c-4f83-9a41-2f8b4c6f8a11/v2.0",
                "http://localhost:8081/realms/shop",
                "http://127.0.0.1:8081",
                "http://[::1]:8081/"
            })
    void issuersByTlsOrOnThisMachineAreTaken(String issuer) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_OIDC_ISSUER", issuer))).isEmpty();
    }

    @Test
    void blankCountsAsMissing() {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32), "QUARKUS_REDIS_HOSTS", " ")))
                .singleElement()
                .asString()
                .startsWith("QUARKUS_REDIS_HOSTS:");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"redis://redis_cache", "rediss://:hid_den@redis_cache:6379/0", "redis://one:1,redis://t_wo:2"})
    void anUnderscoreInTheNameOfAHostIsNamed(String hosts) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32), "QUARKUS_REDIS_HOSTS", hosts)))
                .singleElement()
                .asString()
                .startsWith("QUARKUS_REDIS_HOSTS:")
                .contains("underscore")
                .doesNotContain("hid_den");
    }

    @Test
    void aBadWebhookSecretIsRefusedWithoutBeingTold() {
        assertThat(problemsWith(Map.of(
                        "PMS_EVENTS_JWT_SECRET", "x".repeat(32), "PMS_EVENTS_WEBHOOK_SECRETS", "whsec_c2VjcmV0")))
                .singleElement()
                .asString()
                .startsWith("PMS_EVENTS_WEBHOOK_SECRETS: secret 1 has 6 bytes")
                .doesNotContain("c2VjcmV0");
    }

    @Test
    void anAddressOfThePmsThatCantBeUsedIsRefusedWithoutBeingTold() {
        assertThat(problemsWith(Map.of(
                        "PMS_EVENTS_JWT_SECRET",
                        "x".repeat(32),
                        "PMS_EVENTS_PMS_URL",
                        "https://me:hidden@pms.example")))
                .singleElement()
                .asString()
                .startsWith("PMS_EVENTS_PMS_URL: ")
                .doesNotContain("hidden");
    }

    @Test
    void whoeverIsBelievedAboutAddressesHasToBeNamed() {
        var settings = new HashMap<String, String>();
        settings.put("PMS_EVENTS_JWT_SECRET", "x".repeat(32));
        for (var yes : List.of("true", "TRUE", "1", "yes")) {
            settings.put("QUARKUS_HTTP_PROXY_PROXY_ADDRESS_FORWARDING", yes);
            assertThat(problemsWith(settings))
                    .singleElement()
                    .asString()
                    .startsWith("QUARKUS_HTTP_PROXY_TRUSTED_PROXIES: ");
        }
        settings.put("QUARKUS_HTTP_PROXY_TRUSTED_PROXIES", "10.0.0.1");
        assertThat(problemsWith(settings)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hidden@db:port/pms",
                "QUARKUS_DATASOURCE_REACTIVE_URL | me:hidden@db",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hidden@db:99999/pms",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:%hidden@db/pms",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hidden@db:0/pms",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hidden@db/pms/",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hidden@db/100%",
                "PMS_EVENTS_MIGRATION_URL | postgresql://me:hidden@db:port/pms",
                "PMS_EVENTS_MIGRATION_URL | jdbc:postgresql//me:hidden@db/pms",
                "PMS_EVENTS_MIGRATION_URL | postgresql://me:hid/den@db:5432/pms",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hid den@db/pms",
                "QUARKUS_REDIS_HOSTS | redis://:hidden@re dis:6379",
                "QUARKUS_REDIS_HOSTS | redis://:hidden@redis:port"
            })
    void anAddressThatCantBeReadIsRefusedWithoutBeingTold(String variable, String url) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32), variable, url)))
                .singleElement()
                .asString()
                .startsWith(variable + ": ")
                .doesNotContain("hidden", "hid den", "hid/den");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:p%40ss@my_db:5432/pms?sslmode=require",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgres://[::1]:5432/pms",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://one/pms, vertx-reactive:postgresql://two:6432/pms",
                "PMS_EVENTS_MIGRATION_URL | jdbc:postgresql://me:p%40ss@db:65535/pms",
                "PMS_EVENTS_MIGRATION_URL | postgresql://db/pms",
                "PMS_EVENTS_MIGRATION_URL | postgresql://me:a,b@db:5432",
                "PMS_EVENTS_MIGRATION_URL | jdbc:postgresql://a:5432,b:5432/db?targetServerType=primary",
                "PMS_EVENTS_MIGRATION_URL | jdbc:postgresql:///db",
                "QUARKUS_DATASOURCE_REACTIVE_URL | postgresql://me:hidden@db:5432?sslmode=require",
                "QUARKUS_REDIS_HOSTS | rediss://:p%40ss@redis:6379/0",
                "QUARKUS_REDIS_HOSTS | redis://one:7000,redis://two:7001",
                "QUARKUS_REDIS_HOSTS | unix:///run/redis.sock"
            })
    void addressesOfAllKindsAreTaken(String variable, String url) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32), variable, url)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PMS_EVENTS_FEED_POLL | 0s | at least 1 ms",
                "PMS_EVENTS_FEED_POLL | -1s | at least 1 ms",
                "PMS_EVENTS_QUEUE_LEASE | half an hour | at least 1 ms",
                "PMS_EVENTS_DELIVERY_DRAIN | -1s | 0s or more",
                "PMS_EVENTS_SECURITY_HSTS | forever | 0s or more",
                "PMS_EVENTS_PMS_CONCURRENCY | 0 | 1 or more",
                "PMS_EVENTS_LIMITS_BURST | -5 | 1 or more",
                "PMS_EVENTS_LIMITS_MAX_IN_FLIGHT | 3000000000 | up to 2147483647",
                "PMS_EVENTS_CACHE_LOCAL_BYTES | 32M | 1 or more",
                "PMS_EVENTS_METRICS_ERROR_THRESHOLD | 5 | from 0 to 1",
                "OTEL_TRACES_SAMPLER_ARG | often | from 0 to 1",
                "OTEL_BSP_MAX_QUEUE_SIZE | 0 | 1 or more"
            })
    void aValueThatMakesNoSenseIsRefused(String variable, String value, String range) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32), variable, value)))
                .singleElement()
                .asString()
                .startsWith(variable + ": must be ")
                .contains(range);
    }

    @ParameterizedTest
    @CsvSource({
        "PMS_EVENTS_FEED_POLL, 1ms",
        "PMS_EVENTS_FEED_RETENTION, PT168H",
        "PMS_EVENTS_QUEUE_LEASE, 30",
        "PMS_EVENTS_DELIVERY_DRAIN, 0s",
        "PMS_EVENTS_SECURITY_HSTS, 365d",
        "PMS_EVENTS_LIMITS_REQUESTS_PER_SECOND, 1",
        "PMS_EVENTS_CACHE_LOCAL_BYTES, 3000000000",
        "PMS_EVENTS_METRICS_ERROR_RECOVERY, 0",
        "OTEL_TRACES_SAMPLER_ARG, 1.0"
    })
    void valuesThatMakeSenseAreTaken(String variable, String value) {
        assertThat(problemsWith(Map.of("PMS_EVENTS_JWT_SECRET", "x".repeat(32), variable, value)))
                .isEmpty();
    }

    private static List<String> problemsWith(Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(SERVERS);
        environment.putAll(settings);
        return RequiredSettings.problems(new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(environment, 300))
                .build());
    }
}

package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.platform.tracing.FakeCollector;
import org.pmsevents.pms.outbound.FakePms;

/** The packaged service reaches PostgreSQL and Redis by TLS, and neither takes a server for its own that can't prove to be it. */
@Tag("native")
class TlsIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    private static OwnServers.Server postgres;
    private static OwnServers.Server redis;
    private static Certificates right;
    private static Certificates wrong;
    private static Connection admin;

    @BeforeAll
    static void startServers() throws Exception {
        right = Certificates.make(folder, "right");
        wrong = Certificates.make(folder, "wrong");
        postgres = OwnServers.embeddedPostgres();
        redis = OwnServers.redis();
        admin = DriverManager.getConnection(
                "jdbc:" + postgres.address(), OwnServers.embeddedUsername(), OwnServers.embeddedPassword());
        try (var statement = admin.createStatement()) {
            statement.execute("ALTER SYSTEM SET ssl_cert_file = '" + right.certificate + "'");
            statement.execute("ALTER SYSTEM SET ssl_key_file = '" + right.key + "'");
            statement.execute("ALTER SYSTEM SET ssl = on");
            statement.execute("SELECT pg_reload_conf()");
        }
        await().atMost(SOON)
                .until(() -> number("SELECT count(*) FROM pg_settings WHERE name = 'ssl' AND setting = 'on'") == 1);
    }

    @AfterAll
    static void stopServers() throws Exception {
        admin.close();
        postgres.close();
        redis.close();
    }

    private static long number(String sql) throws SQLException {
        try (var statement = admin.createStatement();
                var rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getLong(1);
        }
    }

    private static Map<String, String> environment(String host, String database, Path certificate, TlsProxy redisProxy)
            throws SQLException {
        try (var statement = admin.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        var environment = new HashMap<String, String>();
        environment.put(
                "QUARKUS_DATASOURCE_REACTIVE_URL",
                "postgresql://" + host + ":" + postgres.address().getPort() + "/" + database);
        environment.put("QUARKUS_DATASOURCE_USERNAME", OwnServers.embeddedUsername());
        environment.put("QUARKUS_DATASOURCE_PASSWORD", OwnServers.embeddedPassword());
        environment.put("QUARKUS_DATASOURCE_REACTIVE_POSTGRESQL_SSL_MODE", "verify-full");
        environment.put("QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS", certificate.toString());
        environment.put("QUARKUS_REDIS_HOSTS", "rediss://localhost:" + redisProxy.port());
        environment.put("QUARKUS_REDIS_TLS_TRUST_CERTIFICATE_PEM_CERTS", certificate.toString());
        environment.put("PMS_EVENTS_REDIS_PREFIX", database);
        environment.put("PMS_EVENTS_JWT_SECRET", Tokens.SECRET);
        return environment;
    }

    private static int create(URI service, String sku) {
        return given().baseUri(service.toString())
                .header("Authorization", Tokens.bearer("tess", "admin"))
                .contentType("application/json")
                .body("{\"sku\":\"" + sku + "\",\"name\":\"Lamp\",\"price\":{\"amount\":1,\"currency\":\"EUR\"}}")
                .post("/api/products")
                .statusCode();
    }

    private static int adjust(URI service, String sku) {
        return given().baseUri(service.toString())
                .header("Authorization", Tokens.bearer("tess", "admin"))
                .contentType("application/json")
                .body("{\"delta\":7,\"reason\":\"receipt\"}")
                .post("/api/inventory/" + sku + "/adjustments")
                .statusCode();
    }

    /** What Redis itself says of a stock. */
    private static String level(String database, String sku) throws IOException {
        try (var socket = new Socket(redis.address().getHost(), redis.address().getPort())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream()
                    .write(("HGET " + database + ":stock:" + sku + " main\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void everythingGoesByTls() throws Exception {
        try (var proxy = new TlsProxy(right, redis.address());
                var replica = Replica.start("tls", 0, environment("localhost", "tls", right.certificate, proxy))) {
            await().atMost(SOON).until(replica::isReady);
            assertThat(create(replica.address(), "TLS-1")).isEqualTo(201);
            assertThat(adjust(replica.address(), "TLS-1")).isEqualTo(200);
            await().atMost(SOON).until(() -> level("tls", "TLS-1").equals("$1\r\n7"));
            assertThat(proxy.accepted.get()).isPositive();
            var connections =
                    "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = 'tls'";
            assertThat(number(connections + " AND ssl")).isPositive();
            assertThat(number(connections + " AND NOT ssl")).isZero();
        }
    }

    @Test
    void aRedisThatCantProveToBeItIsToldNothing() throws Exception {
        try (var proxy = new TlsProxy(wrong, redis.address());
                var replica = Replica.start(
                        "tls-redis", 0, environment("localhost", "tls_redis", right.certificate, proxy))) {
            assertThat(create(replica.address(), "TLS-2")).isEqualTo(201);
            assertThat(adjust(replica.address(), "TLS-2")).isEqualTo(200);
            await().atMost(SOON).until(() -> proxy.refused.get() > 0);
            assertThat(proxy.accepted.get()).isZero();
            assertThat(level("tls_redis", "TLS-2")).startsWith("$-1");
        }
    }

    @Test
    void aRedisOfAnotherNameIsToldNothing() throws Exception {
        try (var proxy = new TlsProxy(right, redis.address())) {
            var environment = environment("localhost", "tls_redis_name", right.certificate, proxy);
            environment.put("QUARKUS_REDIS_HOSTS", "rediss://127.0.0.1:" + proxy.port());
            try (var replica = Replica.start("tls-redis-name", 0, environment)) {
                assertThat(create(replica.address(), "TLS-3")).isEqualTo(201);
                await().atMost(SOON).until(() -> proxy.refused.get() > 0);
                assertThat(proxy.accepted.get()).isZero();
            }
        }
    }

    @Test
    void aPostgresThatCantProveToBeItIsNotMigrated() throws Exception {
        try (var proxy = new TlsProxy(right, redis.address())) {
            var environments = Map.of(
                    "tls_ca", environment("localhost", "tls_ca", wrong.certificate, proxy),
                    "tls_name", environment("127.0.0.1", "tls_name", right.certificate, proxy));
            for (var each : environments.entrySet()) {
                try (var replica = Replica.start(each.getKey(), 0, each.getValue())) {
                    assertThatThrownBy(replica::address).hasMessageContaining("has ended");
                }
                assertThat(tables(each.getKey())).isZero();
            }
        }
    }

    /** The migrations come first and would hide it: they are let through here. */
    @Test
    void aPostgresThatCantProveToBeItIsToldNothing() throws Exception {
        try (var proxy = new TlsProxy(right, redis.address())) {
            var environment = environment("localhost", "tls_reactive", wrong.certificate, proxy);
            environment.put("QUARKUS_REDIS_TLS_TRUST_CERTIFICATE_PEM_CERTS", right.certificate.toString());
            environment.put(
                    "PMS_EVENTS_MIGRATION_URL", postgres.address().resolve("tls_reactive") + "?sslmode=disable");
            try (var replica = Replica.start("tls-reactive", 0, environment)) {
                assertThat(create(replica.address(), "TLS-4")).isEqualTo(503);
                assertThat(replica.isReady()).isFalse();
            }
            assertThat(tables("tls_reactive")).isPositive();
        }
    }

    @Test
    void thePmsTheAdminsAndTheCollectorAreCalledByTls() throws Exception {
        callByTls("tls_calls", right, right.trusted());
    }

    @Test
    void aPmsAnAdminOrACollectorWhoCantProveToBeItIsToldNothing() throws Exception {
        callByTls("tls_no_calls", wrong, right.trusted());
    }

    private static void callByTls(String database, Certificates shown, String... options) throws Exception {
        try (var redisProxy = new TlsProxy(right, redis.address());
                var pms = FakePms.open(0);
                var admins = FakePms.open(0);
                var collector = FakeCollector.open();
                var pmsProxy = new TlsProxy(shown, pms.url());
                var adminsProxy = new TlsProxy(shown, admins.url());
                var collectorProxy = new TlsProxy(shown, collector.url())) {
            var environment = environment("localhost", database, right.certificate, redisProxy);
            environment.put(
                    "PMS_EVENTS_PMS_URL",
                    "https://localhost:" + pmsProxy.port() + pms.url().getPath());
            environment.put("PMS_EVENTS_ADMIN_WEBHOOK_URL", "https://localhost:" + adminsProxy.port() + "/alerts");
            environment.put("PMS_EVENTS_ADMIN_WEBHOOK_SECRET", "whsec_" + "a".repeat(40));
            environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:" + collectorProxy.port());
            environment.put("OTEL_BSP_SCHEDULE_DELAY", "100");
            try (var replica = Replica.start(database, 0, environment, options)) {
                await().atMost(SOON).until(replica::isReady);
                assertThat(create(replica.address(), "TLS-5")).isEqualTo(201);
                for (var call : List.of("/api/products/TLS-5/publish", "/api/inventory/TLS-5/threshold")) {
                    var request = given().baseUri(replica.address().toString())
                            .header("Authorization", Tokens.bearer("tess", "admin"));
                    var answer = call.endsWith("publish")
                            ? request.post(call)
                            : request.contentType("application/json")
                                    .body("{\"threshold\":1}")
                                    .put(call);
                    assertThat(answer.statusCode()).as(call).isEqualTo(200);
                }
                for (var proxy : List.of(pmsProxy, adminsProxy, collectorProxy)) {
                    var called = shown == right ? proxy.accepted : proxy.refused;
                    await().atMost(SOON).until(() -> called.get() > 0);
                }
                if (shown == right) {
                    await().atMost(SOON).until(() -> !pms.received("TLS-5").isEmpty());
                    await().atMost(SOON).until(() -> admins.calls() > 0);
                    await().atMost(SOON).until(() -> !collector.spans().isEmpty());
                } else {
                    assertThat(pms.calls() + admins.calls() + collector.spans().size())
                            .isZero();
                }
            }
        }
    }

    private static long tables(String database) throws SQLException {
        try (var connection = DriverManager.getConnection(
                        "jdbc:" + postgres.address().resolve(database),
                        OwnServers.embeddedUsername(),
                        OwnServers.embeddedPassword());
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) {
            assertThat(rows.next()).isTrue();
            return rows.getLong(1);
        }
    }
}

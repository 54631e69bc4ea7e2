package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.restassured.response.Response;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.outbound.FakePms;

/** A service whose every secret is known is made to fail in every way, at DEBUG, and nothing that it says has one of them in it. */
@Tag("native")
class SecretsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Map<String, String> SECRETS = new LinkedHashMap<>();

    private static final String JWT = plant("jwt");
    private static final String WEBHOOK = plantWebhook("webhook");
    private static final String ADMIN_WEBHOOK = plantWebhook("admin-webhook");
    private static final String ADMIN_PATH = plant("admin-path");
    private static final String DATABASE = plant("database");
    private static final String REDIS = plant("redis");
    private static final String PMS = plant("pms");
    private static final String MIGRATION = plant("migration");
    private static final String COLLECTOR = plant("collector");

    private static OwnServers.Server postgres;
    private static OwnServers.Server redis;
    private static TcpProxy postgresProxy;
    private static TcpProxy redisProxy;
    private static FakePms pms;
    private static FakePms admins;
    private static Replica replica;
    private static final StringBuilder SAID = new StringBuilder();

    private static String plant(String name) {
        var secret =
                "planted" + name.replace("-", "") + UUID.randomUUID().toString().replace("-", "");
        SECRETS.put(name, secret);
        return secret;
    }

    private static String plantWebhook(String name) {
        var secret = plant(name + "-bytes").getBytes(StandardCharsets.US_ASCII);
        var encoded = Base64.getEncoder().encodeToString(secret);
        SECRETS.put(name, encoded);
        return "whsec_" + encoded;
    }

    private static String token(String role) {
        var token = Tokens.signedWith(JWT, "sam", role);
        SECRETS.put("signature of a token for " + role, token.substring(token.lastIndexOf('.') + 1));
        return token;
    }

    @BeforeAll
    static void startService() throws Exception {
        postgres = OwnServers.postgres();
        redis = OwnServers.redis();
        ask(redis.address(), "CONFIG SET requirepass " + REDIS);
        postgresProxy = new TcpProxy(postgres.address());
        redisProxy = new TcpProxy(redis.address());
        pms = FakePms.open(0);
        admins = FakePms.open(0);
        var database = "secrets_" + UUID.randomUUID().toString().replace("-", "");
        try (var connection = DriverManager.getConnection(
                        "jdbc:" + postgres.address(), OwnServers.postgresUsername(), OwnServers.postgresPassword());
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        var environment = new HashMap<String, String>();
        environment.put(
                "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:" + postgresProxy.port() + "/" + database);
        environment.put("QUARKUS_DATASOURCE_USERNAME", OwnServers.postgresUsername());
        environment.put("QUARKUS_DATASOURCE_PASSWORD", DATABASE);
        environment.put("QUARKUS_REDIS_HOSTS", "redis://:" + REDIS + "@127.0.0.1:" + redisProxy.port());
        environment.put("PMS_EVENTS_JWT_SECRET", JWT);
        environment.put("PMS_EVENTS_WEBHOOK_SECRETS", WEBHOOK);
        environment.put("PMS_EVENTS_PMS_URL", pms.url().toString());
        environment.put("PMS_EVENTS_PMS_TOKEN", PMS);
        environment.put("PMS_EVENTS_ADMIN_WEBHOOK_URL", admins.url() + "/" + ADMIN_PATH + "?key=" + ADMIN_PATH);
        environment.put("PMS_EVENTS_ADMIN_WEBHOOK_SECRET", ADMIN_WEBHOOK);
        environment.put(
                "PMS_EVENTS_MIGRATION_URL",
                "postgresql://" + OwnServers.postgresUsername() + ":" + MIGRATION + "@127.0.0.1:" + postgresProxy.port()
                        + "/" + database);
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
        environment.put("OTEL_EXPORTER_OTLP_HEADERS", "api-key=" + COLLECTOR);
        environment.put("QUARKUS_LOG_LEVEL", "DEBUG");
        replica = Replica.start("secrets-" + database.substring(8, 16), 0, environment);
        await().atMost(SOON).until(replica::isReady);
    }

    @AfterAll
    static void stopService() throws Exception {
        replica.close();
        pms.close();
        admins.close();
        postgresProxy.close();
        redisProxy.close();
        redis.close();
        postgres.close();
    }

    private static void ask(URI server, String command) throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('+');
        }
    }

    private static Response send(String authorization, String method, String path, String body) {
        var request = given().baseUri(replica.address().toString()).contentType("application/json");
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        var answer = (body.isEmpty() ? request : request.body(body)).request(method, path);
        SAID.append(answer.headers()).append('\n').append(answer.asString()).append('\n');
        return answer;
    }

    private static int create(String bearer, String sku) {
        return send(
                        bearer,
                        "POST",
                        "/api/products",
                        "{\"sku\":\"" + sku + "\",\"name\":\"Lamp\",\"price\":{\"amount\":1,\"currency\":\"EUR\"}}")
                .statusCode();
    }

    private static void connect(String token) {
        var carrier = "quarkus-http-upgrade"
                + URLEncoder.encode("#Authorization#Bearer " + token, StandardCharsets.UTF_8)
                        .replace("+", "%20");
        SECRETS.put("carrier " + SECRETS.size(), carrier);
        try {
            HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .subprotocols("bearer-token-carrier", carrier)
                    .buildAsync(
                            URI.create("ws" + replica.address().toString().substring(4) + "/ws"),
                            new WebSocket.Listener() {})
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join()
                    .sendText("no JSON", true)
                    .join();
        } catch (CompletionException refused) {
            SAID.append(refused.getCause()).append('\n');
        }
    }

    @Test
    void nothingThatIsSaidHasASecretInIt() throws Exception {
        var admin = "Bearer " + token("admin");
        var stranger = plant("stranger");
        SECRETS.put(
                "basic", Base64.getEncoder().encodeToString(("sam:" + stranger).getBytes(StandardCharsets.US_ASCII)));

        // tokens that are not good, wherever they are put
        for (var authorization : new String[] {
            "Bearer " + stranger, "Basic " + SECRETS.get("basic"), admin + stranger, "Bearer " + JWT, ""
        }) {
            assertThat(send(authorization, "GET", "/api/products", "").statusCode())
                    .isEqualTo(401);
        }
        send(admin, "GET", "/api/products?limit=x&access_token=" + stranger, "");
        send("", "GET", "/ws?access_token=" + stranger, "");
        connect(token("viewer"));
        connect(stranger);

        // signatures that are not good
        for (var signature : new String[] {"v1," + stranger, stranger}) {
            SAID.append(given().baseUri(replica.address().toString())
                    .contentType("application/json")
                    .header("webhook-id", "1")
                    .header("webhook-timestamp", "1")
                    .header("webhook-signature", signature)
                    .body("{}")
                    .post("/webhooks/pms/stock")
                    .asString());
        }

        // a PMS and admins who refuse, fail, and are not there
        for (var answer : new FakePms.Answer[] {
            FakePms.status(500), FakePms.status(401), FakePms.status(302, "Location", "http://[bad"), FakePms.cut()
        }) {
            pms.answerAll(answer);
            admins.answerAll(answer);
            var sku = "SECRET-" + UUID.randomUUID();
            assertThat(create(admin, sku)).isEqualTo(201);
            assertThat(send(admin, "POST", "/api/products/" + sku + "/publish", "")
                            .statusCode())
                    .isEqualTo(200);
        }
        pms.close();
        admins.close();
        await().atMost(SOON).until(() -> replica.logged("ALERT").size() > 0);

        // Redis and PostgreSQL that are not there, refuse, and hang
        ask(redis.address(), "AUTH " + REDIS + "\r\nCONFIG SET requirepass other" + stranger);
        redisProxy.cut();
        send(admin, "GET", "/api/products/SECRET-1", "");
        redisProxy.leadTo(URI.create("redis://127.0.0.1:1"));
        await().atMost(SOON).until(() -> replica.logged("Redis").size() > 0);
        postgresProxy.leadTo(URI.create("postgresql://127.0.0.1:1"));
        await().atMost(SOON).until(() -> create(admin, "SECRET-2") == 503);
        var dump = dump();
        postgresProxy.leadTo(postgres.address());
        await().atMost(SOON).until(() -> create(admin, "SECRET-3") == 201);

        for (var path : new String[] {
            "/api/jobs?limit=500",
            "/api/events?limit=500",
            "/api/events/dead-letters",
            "/q/openapi",
            "/q/swagger-ui/",
            "/q/info",
            "/nothing/"
        }) {
            send(admin, "GET", path, "");
        }
        for (var path :
                new String[] {"/q/metrics", "/q/health", "/q/health/ready", "/q/health/started", "/q/info", "/q"}) {
            var answer = given().baseUri(replica.management().toString()).get(path);
            SAID.append(answer.headers()).append(answer.asString());
        }
        var log = replica.log();
        assertThat(log).as("it says much").contains("DEBUG", "ALERT", dump);
        SECRETS.forEach((name, secret) -> {
            assertThat(log).as("the log has no " + name).doesNotContain(secret);
            assertThat(SAID.toString()).as("no answer has the " + name).doesNotContain(secret);
        });
    }

    /** What shows that there is a dump in the log; nothing for a native executable, which can't make one. */
    private static String dump() throws IOException {
        if (!Replica.command().contains("-jar")) {
            return "";
        }
        replica.dumpThreads();
        await().atMost(SOON).until(() -> !replica.logged("Full thread dump").isEmpty());
        await().atMost(SOON).until(() -> !replica.logged("JNI global refs").isEmpty());
        return "Full thread dump";
    }

    /** What can't be read is complained of, and not quoted. */
    @Test
    void aStartThatFailsTellsNoSecret() throws Exception {
        Supplier<Map<String, String>> good = () -> new HashMap<>(Map.of(
                "QUARKUS_DATASOURCE_REACTIVE_URL",
                "postgresql://127.0.0.1:1/x",
                "QUARKUS_DATASOURCE_USERNAME",
                "pms",
                "QUARKUS_DATASOURCE_PASSWORD",
                DATABASE,
                "QUARKUS_REDIS_HOSTS",
                "redis://:" + REDIS + "@127.0.0.1:1",
                "PMS_EVENTS_JWT_SECRET",
                JWT));
        var bad = List.of(
                Map.entry("none", ""),
                Map.entry("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://pms:" + DATABASE + "@127.0.0.1:port/x"),
                Map.entry("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://pms:" + DATABASE + "@127.0.0.1:1/x"),
                Map.entry("PMS_EVENTS_MIGRATION_URL", "postgresql://pms:" + MIGRATION + "@127.0.0.1:port/x"),
                Map.entry("PMS_EVENTS_MIGRATION_URL", "postgresql://pms:" + MIGRATION + "@127.0.0.1:1/x"),
                Map.entry("QUARKUS_REDIS_HOSTS", "redis://:" + REDIS + "@a b"),
                Map.entry("PMS_EVENTS_JWT_SECRET", JWT.substring(0, 20)),
                Map.entry("PMS_EVENTS_WEBHOOK_SECRETS", WEBHOOK + "!"),
                Map.entry("PMS_EVENTS_ADMIN_WEBHOOK_URL", "nonsense " + ADMIN_PATH),
                Map.entry("PMS_EVENTS_PMS_URL", "http://pms:" + PMS + "@host"));
        for (var each : bad) {
            var environment = good.get();
            environment.put(each.getKey(), each.getValue());
            try (var failing = Replica.start("secrets-start-" + UUID.randomUUID(), 0, environment)) {
                await().atMost(SOON).until(() -> !failing.isAlive());
                await().atMost(SOON).until(() -> !failing.log().isEmpty());
                var log = failing.log();
                for (var secret :
                        new String[] {JWT.substring(0, 20), WEBHOOK, ADMIN_PATH, DATABASE, MIGRATION, REDIS, PMS}) {
                    assertThat(log).as(each.getKey()).doesNotContain(secret);
                }
            }
        }
    }
}

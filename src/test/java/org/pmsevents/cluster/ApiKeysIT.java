package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.EventStream;
import org.pmsevents.delivery.websocket.LiveSocket;
import org.pmsevents.http.security.Tokens;

/** API keys where there is no key of tokens: the first by the command, further ones by it, and revoked on all replicas. */
@Tag("native")
class ApiKeysIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Within which a revocation is promised to have reached every replica. */
    private static final Duration REVOKED = Duration.ofSeconds(5);

    /** How long after it was last confirmed, which is every 1.5 s, a key is good without PostgreSQL. */
    private static final Duration GOOD_FOR = Duration.ofSeconds(30);

    /** Longer than a key is good without PostgreSQL, and than connections take to fail. */
    private static final Duration LATER = Duration.ofMinutes(2);

    private Cluster cluster;

    private record Ended(int code, String said, String complained) {}

    @BeforeEach
    void createEmptyDatabase() throws SQLException {
        cluster = new Cluster(Map.of());
    }

    @AfterEach
    void close() throws IOException, SQLException {
        cluster.close();
    }

    private Map<String, String> environment() {
        var environment = new HashMap<>(cluster.environment());
        environment.remove("PMS_EVENTS_JWT_SECRET");
        return environment;
    }

    private Replica start() {
        var replica = cluster.start(0, environment());
        await().atMost(SOON).until(replica::isReady);
        return replica;
    }

    private Ended createKey(String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(Replica.command());
        command.add("create-key");
        command.addAll(List.of(options));
        var complaints = Files.createTempFile("create-key", ".txt");
        try {
            var builder = new ProcessBuilder(command).redirectError(complaints.toFile());
            builder.environment()
                    .keySet()
                    .removeIf(name -> Stream.of("QUARKUS_", "PMS_EVENTS_", "JAVA_", "JDK_", "_JAVA_")
                            .anyMatch(name::startsWith));
            environment().forEach((name, value) -> {
                if (name.startsWith("QUARKUS_DATASOURCE_") || name.equals("PMS_EVENTS_MIGRATION_URL")) {
                    builder.environment().put(name, value);
                }
            });
            var process = builder.start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), said, Files.readString(complaints));
        } finally {
            Files.delete(complaints);
        }
    }

    private String firstKey() throws IOException, InterruptedException {
        var ended = createKey("--name", "first", "--roles", "admin");
        assertThat(ended.code()).as(ended.complained()).isZero();
        return ended.said().strip();
    }

    private static Response get(Replica replica, String path, String key) {
        return given().baseUri(replica.address().toString())
                .header("Authorization", "Bearer " + key)
                .get(path);
    }

    private static JsonNode make(Replica replica, String admin, String json) {
        var made = given().baseUri(replica.address().toString())
                .header("Authorization", "Bearer " + admin)
                .contentType("application/json")
                .body(json.replace('\'', '"'))
                .post("/api/keys");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return Client.json(made);
    }

    @Test
    void theFirstKeyIsMadeByTheCommandAndOpensWhatTokensDoNot() throws Exception {
        var ended = createKey("--name", "first", "--roles", "admin");
        assertThat(ended.code()).as(ended.complained()).isZero();
        assertThat(ended.said()).as("nothing else, for scripts").matches("pmse_[0-9a-z]{12}[A-Za-z0-9_-]{43}\\R");
        var key = ended.said().strip();
        assertThat(ended.complained()).contains("first", "admin").doesNotContain(key);

        var again = createKey("--name", "first", "--roles", "admin");
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.said()).isEmpty();
        assertThat(again.complained())
                .contains("There is a key named first already")
                .doesNotContain("\tat ");
        var wrong = createKey("--name", "second", "--roles", "root");
        assertThat(wrong.code()).isEqualTo(1);
        assertThat(wrong.complained()).contains("--roles", "viewer, editor, stock, operator, admin");

        var replica = start();
        assertThat(replica.logged("create-key --name first --roles admin")).hasSize(1);
        var token = get(replica, "/api/products", Tokens.of("somebody", "admin"));
        assertThat(token.statusCode()).isEqualTo(401);
        assertThat(token.asString()).contains("no-tokens");
        var keys = Client.json(get(replica, "/api/keys", key)).get("items");
        assertThat(keys).singleElement().satisfies(first -> {
            assertThat(first.get("name").textValue()).isEqualTo("first");
            assertThat(first.get("createdBy").textValue()).isEqualTo("create-key");
            assertThat(first.get("roles").toString()).isEqualTo("[\"admin\"]");
        });
        var made = make(replica, key, "{'name':'second','roles':['viewer'],'locations':['main']}");
        var changes = Client.json(get(replica, "/api/keys/audit", key)).get("items");
        assertThat(changes)
                .extracting(change -> change.get("keyName").textValue() + " by "
                        + change.get("actor").textValue())
                .containsExactly("second by key:first", "first by create-key");
        assertThat(get(replica, "/api/products", made.get("key").textValue()).statusCode())
                .isEqualTo(200);
        assertThat(replica.log())
                .doesNotContain(key.substring(17), made.get("key").textValue().substring(17));
    }

    @Test
    void aRevokedKeyIsClosedOutOfAllReplicasWithoutRedisToo() throws Exception {
        var admin = firstKey();
        var one = start();
        var other = start();
        for (boolean redis : new boolean[] {true, false}) {
            var made = make(one, admin, "{'name':'viewer','roles':['viewer']}");
            var key = made.get("key").textValue();
            try (var socket = LiveSocket.openWith(other.address().resolve("/ws"), "", key);
                    var stream = EventStream.openWith(other.address(), "", "", key)) {
                socket.subscribe("1", "product.*").next("subscribed");
                await().atMost(SOON).until(() -> !stream.blocks.isEmpty());
                assertThat(get(other, "/api/products", key).statusCode()).isEqualTo(200);
                if (!redis) {
                    cluster.stopRedis();
                }

                long asked = System.nanoTime();
                var revoked = given().baseUri(one.address().toString())
                        .header("Authorization", "Bearer " + admin)
                        .delete("/api/keys/" + made.get("id").textValue());
                assertThat(revoked.statusCode()).as(revoked.asString()).isEqualTo(204);

                assertThat(get(one, "/api/products", key).statusCode()).isEqualTo(401);
                await("refused by the other replica, which has closed all, Redis: " + redis)
                        .atMost(REVOKED.minusNanos(System.nanoTime() - asked))
                        .until(() -> get(other, "/api/products", key).statusCode() == 401
                                && socket.isClosed()
                                && stream.hasEnded());
                assertThat(socket.closed().code()).isEqualTo(1008);
                assertThat(stream.events())
                        .last()
                        .satisfies(end -> assertThat(end.data()).contains("key-revoked"));
            }
        }
    }

    @Test
    void withoutPostgresqlAKeyGoesOnForAWhileAndIsThenUnavailableAndNotRefused() throws Exception {
        var admin = firstKey();
        var replica = start();
        var unused = make(replica, admin, "{'name':'unused','roles':['operator']}")
                .get("key")
                .textValue();
        assertThat(get(replica, "/api/cache/stats", admin).statusCode()).isEqualTo(200);
        long before = System.nanoTime();
        cluster.postgres().takeAway();
        long gone = System.nanoTime();
        try {
            assertThat(get(replica, "/api/cache/stats", admin).statusCode()).isEqualTo(200);
            var refused = get(replica, "/api/cache/stats", unused);
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(503);
            assertThat(refused.getHeader("Retry-After")).isNotNull();

            await().atMost(LATER).until(() -> {
                long asked = System.nanoTime();
                var answer = get(replica, "/api/cache/stats", admin);
                assertThat(answer.statusCode()).as(answer.asString()).isIn(200, 503);
                boolean goesOn = answer.statusCode() == 200;
                if (goesOn) {
                    assertThat(Duration.ofNanos(asked - gone)).isLessThan(GOOD_FOR);
                } else {
                    assertThat(Duration.ofNanos(System.nanoTime() - before))
                            .as("with a poll or two before that failed, or were late")
                            .isGreaterThan(GOOD_FOR.dividedBy(2));
                }
                return !goesOn;
            });
        } finally {
            cluster.postgres().bringBack();
        }
        await().atMost(LATER)
                .until(() -> get(replica, "/api/cache/stats", admin).statusCode() == 200);
        assertThat(get(replica, "/api/cache/stats", unused).statusCode()).isEqualTo(200);
    }
}

package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.platform.tracing.TraceId;

/** What the service logs in production: a JSON object a line, with the trace of what the line is about and of nothing else. */
@Tag("native")
class LogsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern TOLD = Pattern.compile("traceId=([0-9a-f]{32})");

    private static Cluster cluster;
    private static Replica replica;

    @BeforeAll
    static void startReplica() throws Exception {
        cluster = new Cluster(Map.of());
        replica = cluster.start(0);
        await().atMost(SOON).until(replica::isReady);
    }

    @AfterAll
    static void stopReplica() throws Exception {
        cluster.close();
    }

    private static int get(String trace) {
        return given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                .get("/api/events?after=0")
                .statusCode();
    }

    /** Newer JVMs warn of what libraries do, before anything of ours runs. */
    private static List<JsonNode> lines() throws Exception {
        var lines = new ArrayList<JsonNode>();
        for (var line : replica.logged("")) {
            if (!line.startsWith("WARNING: ") && !line.isEmpty()) {
                lines.add(JSON.readTree(line));
            }
        }
        return lines;
    }

    private static String trace(JsonNode line) {
        return line.path("mdc").path("traceId").asText();
    }

    @Test
    void everyLineIsJsonAndThoseOfAFailingRequestOrJobCarryItsTraceId() throws Exception {
        var trace = TraceId.random();
        cluster.postgres().takeAway();
        try {
            await().atMost(SOON).until(() -> get(trace) == 503);
            IntStream.range(0, 20).parallel().forEach(i -> get(TraceId.random()));
        } finally {
            cluster.postgres().bringBack();
        }
        given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                .contentType("application/json")
                .body(
                        "{\"kind\":\"queue.probe\",\"payload\":{\"steps\":1,\"stepMillis\":1,\"failures\":1},\"maxAttempts\":1}")
                .post("/api/jobs")
                .then()
                .statusCode(202);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(lines())
                        .filteredOn(line -> trace(line).equals(trace))
                        .extracting(line -> line.path("message").asText())
                        .anyMatch(message -> message.startsWith("GET /api/events failed with database-unavailable"))
                        .anyMatch(message -> message.startsWith("job "))
                        .anyMatch(message -> message.startsWith("ALERT ")));

        // a query that had no connection is over for good once its 5 s of waiting for one are
        await().pollDelay(Duration.ofSeconds(6)).until(() -> true);
        assertThat(lines()).noneMatch(line -> line.path("message").asText().contains("Uncaught exception"));
        assertThat(lines()).allSatisfy(line -> {
            assertThat(line.path("timestamp").asText()).endsWith("Z");
            assertThat(line.path("level").asText()).isNotEmpty();
            assertThat(line.path("loggerName").asText()).isNotEmpty();
            assertThat(line.path("message").isTextual()).isTrue();
            var told = TOLD.matcher(line.path("message").asText());
            assertThat(trace(line)).isEqualTo(told.find() ? told.group(1) : trace(line));
        });
    }

    @Test
    void textIsToBeHadAllTheSame() {
        try (var other = cluster.start(0, "-Dquarkus.log.console.json.enabled=false")) {
            assertThat(other.logged("Listening on: ")).hasSize(1).noneMatch(line -> line.startsWith("{"));
        }
    }
}

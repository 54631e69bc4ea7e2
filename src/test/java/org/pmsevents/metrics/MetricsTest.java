package org.pmsevents.metrics;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Client;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.http.problem.RawHttp;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.metrics.cluster.MetricsGateway;
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.identity.ReplicaName;

@QuarkusTest
class MetricsTest {
    private static final String REQUESTS = "http_server_requests_seconds_count";

    private final Client operator = Client.of("olga", "operator");
    private final Client editor = Client.of("edda", "editor", "stock");

    @TestHTTPResource("/")
    URI address;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    @Inject
    Redis redis;

    @Inject
    RedisConfig names;

    @Inject
    MetricsConfig config;

    @Inject
    Feed feed;

    @Inject
    ReplicaName replica;

    private JsonNode summary(String window) {
        return Client.json(operator.request().get("/api/metrics/summary?window=" + window));
    }

    private static JsonNode route(JsonNode summary, String method, String route) {
        for (var each : summary.get("routes")) {
            if (each.get("route").asText().equals(route)
                    && each.get("method").asText().equals(method)) {
                return each;
            }
        }
        return Client.json("{\"requests\":0,\"errors\":0}");
    }

    /** Copies of a database may count on the same Redis. */
    @Test
    void whatIsCountedForTheClusterIsCountedForTheEpoch() {
        assertThat(operator.request().get("/api/products").statusCode()).isEqualTo(200);
        var keys = new ArrayList<String>();
        await().until(() -> {
            keys.clear();
            get(redis.send(Request.cmd(Command.KEYS).arg("*" + names.prefix() + ":metrics*")))
                    .forEach(key -> keys.add(key.toString()));
            return keys.stream().anyMatch(key -> key.startsWith(ofEpoch()));
        });
        assertThat(keys).allMatch(key -> key.matches("\\{.+:metrics:[0-9a-f-]{36}\\}:.+"));
    }

    private String ofEpoch() {
        return "{" + names.prefix() + ":metrics:" + feed.id() + "}:";
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/products/{sku}, 404, GET, /api/products/{sku}",
        "GET, /api/inventory/{sku}/movements, 404, GET, /api/inventory/{sku}/movements",
        "GET, /api/events/dead-letters, 200, GET, /api/events/dead-letters",
        "GET, /api/nothing/{sku}, 404, GET, unmatched",
        "GET, /{sku}, 404, GET, unmatched",
        "DELETE, /api/inventory/{sku}, 405, DELETE, unmatched",
        "BREW, /{sku}, 404, OTHER, unmatched",
        "GET, /q/openapi, 200, GET, file"
    })
    void aRequestIsMeasuredUnderTheTemplateOfItsPath(
            String method, String path, int status, String measuredMethod, String measuredRoute) {
        var sku = Client.newSku("METER-");
        String[] labels = {
            "method=\"" + measuredMethod + "\"", "uri=\"" + measuredRoute + "\"", "status=\"" + status + "\""
        };
        double before = Scrape.of(management).sum(REQUESTS, labels);
        assertThat(operator.request()
                        .request(method, path.replace("{sku}", sku))
                        .statusCode())
                .isEqualTo(status);
        await().untilAsserted(() ->
                assertThat(Scrape.of(management).sum(REQUESTS, labels)).isGreaterThanOrEqualTo(before + 1));
        assertThat(Scrape.of(management).samples()).noneMatch(sample -> sample.contains(sku));
    }

    @Test
    void whatIsRefusedBeforeItsPathIsLookedAtHasNoPathInItsLabels() throws Exception {
        var sku = Client.newSku("EARLY-");
        for (var path : Set.of("/api/products/" + sku, "/api/products/" + sku + ";x=1")) {
            given().urlEncodingEnabled(false).get(path);
        }
        var malformed = RawHttp.send(address, "GET /api/%zz" + sku + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(malformed.status()).isEqualTo(400);
        given().urlEncodingEnabled(false)
                .contentType("application/json")
                .body("x".repeat(5_000_000))
                .post("/api/products/" + sku)
                .then()
                .statusCode(401);
        operator.request("x".repeat(5_000_000))
                .put("/api/products/" + sku)
                .then()
                .statusCode(413);
        assertThat(Scrape.of(management).samples()).noneMatch(sample -> sample.contains(sku));
    }

    @Test
    void labelsOfRequestsAreThoseOfTheServiceAlone() {
        operator.request().get("/api/products/" + Client.newSku("LABEL-"));
        var uris = Scrape.of(management).samples().stream()
                .filter(sample -> sample.startsWith(REQUESTS))
                .map(sample -> sample.replaceAll(".*uri=\"([^\"]*)\".*", "$1"))
                .collect(Collectors.toSet());
        var templates = Client.json(given().get("/q/openapi?format=json")).get("paths");
        assertThat(uris)
                .isNotEmpty()
                .allMatch(uri -> templates.has(uri)
                        || uri.equals("unmatched")
                        || uri.equals("file")
                        || uri.startsWith("/api/test-"));
    }

    @Test
    void aStreamIsNoLatency() throws Exception {
        double before = Scrape.of(management).sum(REQUESTS, "uri=\"/api/events/stream\"", "status=\"200\"");
        var stream = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(address.resolve("/api/events/stream"))
                                .header("Authorization", Tokens.bearer("vera", "viewer"))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body().read()).isPositive();
        assertThat(Scrape.of(management).sum("pms_stream_connections")).isPositive();
        stream.body().close();
        assertThat(Scrape.of(management).sum(REQUESTS, "uri=\"/api/events/stream\"", "status=\"200\""))
                .isEqualTo(before);
    }

    @Test
    void theSummaryHasWhatWasDone() {
        var before = summary("hour");
        var sku = Client.newSku("SUM-");
        editor.create(sku);
        for (int i = 0; i < 10; i++) {
            editor.read(sku).then().statusCode(200);
        }
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            var now = summary("hour");
            assertThat(now.get("complete").booleanValue()).isTrue();
            assertThat(route(now, "GET", "/api/products/{sku}").get("requests").longValue())
                    .isGreaterThanOrEqualTo(route(before, "GET", "/api/products/{sku}")
                                    .get("requests")
                                    .longValue()
                            + 10);
            assertThat(now.at("/events/product.created").longValue())
                    .isGreaterThan(before.at("/events/product.created").longValue());
            assertThat(now.at("/totals/cacheReads").longValue())
                    .isGreaterThanOrEqualTo(before.at("/totals/cacheReads").longValue() + 10);
        });
    }

    @Test
    void aSummaryIsOneWithoutGapsAndAddsUp() {
        for (var window : Map.of("hour", 60, "week", 168).entrySet()) {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> summary(window.getKey()).at("/totals/requests").longValue() > 0
                            && !summary(window.getKey()).get("replicas").isEmpty());
            var summary = summary(window.getKey());
            assertThat(summary.get("window").textValue()).isEqualTo(window.getKey());
            assertThat(summary.get("step").textValue())
                    .isEqualTo(window.getKey().equals("hour") ? "PT1M" : "PT1H");
            var points = summary.get("points");
            assertThat(points).hasSize(window.getValue());
            var step = Duration.parse(summary.get("step").textValue());
            for (int i = 1; i < points.size(); i++) {
                assertThat(Instant.parse(points.get(i).get("at").textValue()))
                        .isEqualTo(Instant.parse(points.get(i - 1).get("at").textValue())
                                .plus(step));
            }
            for (var number : Set.of("requests", "errors", "events", "cacheReads", "cacheHits")) {
                long sum = 0;
                for (var point : points) {
                    sum += point.get(number).longValue();
                }
                assertThat(sum)
                        .as(number)
                        .isEqualTo(summary.at("/totals/" + number).longValue());
            }
            long requests = 0;
            for (var each : summary.get("routes")) {
                requests += each.get("requests").longValue();
                assertThat(each.get("p50").doubleValue()).isPositive();
                assertThat(each.get("p99").doubleValue())
                        .isGreaterThanOrEqualTo(each.get("p50").doubleValue());
            }
            assertThat(requests).isEqualTo(summary.at("/totals/requests").longValue());
            assertThat(points.get(0).get("p50").isNull()).isTrue();
            assertThat(summary.at("/errors/state").textValue()).isIn("normal", "high");
            assertThat(summary.at("/jobs/discarded").isIntegralNumber()).isTrue();
            assertThat(summary.at("/pms/state").textValue()).isEqualTo("disabled");
            assertThat(summary.get("lowStock").isIntegralNumber()).isTrue();
            assertThat(summary.get("head").isIntegralNumber()).isTrue();
        }
    }

    @Test
    void aReplicaTellsOfItsResources() {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            var replicas = summary("hour").get("replicas");
            JsonNode own = null;
            for (var each : replicas) {
                own = each.get("replica").textValue().equals(replica.value()) ? each : own;
            }
            assertThat(own).as(replicas.toString()).isNotNull();
            var resources = own.get("resources");
            assertThat(resources.at("/heap/used").longValue()).isPositive();
            assertThat(resources.at("/heap/max").longValue())
                    .isGreaterThanOrEqualTo(resources.at("/heap/used").longValue());
            assertThat(resources.at("/cpu/process").doubleValue()).isBetween(0.0, 1.0);
            assertThat(resources.at("/postgresql/max").longValue()).isEqualTo(16);
            assertThat(resources.at("/redis/reachable").booleanValue()).isTrue();
            assertThat(resources.at("/redis/latencyMillis").doubleValue()).isPositive();
            assertThat(resources.at("/feed/position").isIntegralNumber()).isTrue();
            assertThat(resources.at("/jobs/running").isIntegralNumber()).isTrue();
        });
        var scrape = Scrape.of(management);
        assertThat(scrape.sum("pms_redis_reachable")).isEqualTo(1);
        assertThat(scrape.sum("pms_memory_rss_bytes")).isGreaterThan(10_000_000);
        assertThat(scrape.sum("pms_event_loop_lag_seconds_count")).isPositive();
    }

    @Test
    void aBatchThatIsSentAgainIsAddedOnce() {
        long step = Steps.Window.WEEK.stepOf(Instant.now()) - 1_000 - System.nanoTime() % 1_000;
        var batch = new MetricsGateway.Batch(Steps.Window.WEEK, step, Map.of("v probe", 3L), 1);
        // of a name of its own, as batches of this replica with lower numbers would no longer be taken
        var own = new MetricsGateway(redis, names, config, feed, new ReplicaName());
        for (int i = 0; i < 3; i++) {
            own.add(batch).await().atMost(Duration.ofSeconds(5));
        }
        var read =
                own.read(Steps.Window.WEEK, Set.of(step, step + 5_000)).await().atMost(Duration.ofSeconds(5));
        assertThat(read).containsOnlyKeys(step);
        assertThat(read.get(step).events()).containsExactly(Map.entry("probe", 3L));
    }

    @Test
    void onlyOperatorsSeeIt() {
        editor.isProblem(editor.request().get("/api/metrics/summary"), 403, "forbidden");
        operator.isProblem(operator.request().get("/api/metrics/summary?window=day"), 400, "validation-failed")
                .body("violations[0].pointer", equalTo("?window"));
        operator.request().get("/api/metrics/summary").then().statusCode(200).body("window", equalTo("hour"));
    }
}

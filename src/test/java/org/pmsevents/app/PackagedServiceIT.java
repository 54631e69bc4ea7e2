package org.pmsevents.app;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.blankOrNullString;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.pmsevents.Waiting.await;

import io.restassured.response.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.problem.Problem;
import org.pmsevents.http.problem.RawHttp;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.webhook.Signatures;

/** What is easily lost in a native executable: reflection, resources, and properties that are read while it is built. */
@Tag("native")
class PackagedServiceIT {
    private static Cluster cluster;
    private static Replica replica;

    @BeforeAll
    static void startReplica() throws Exception {
        cluster = new Cluster(Map.of("PMS_EVENTS_WEBHOOK_SECRETS", Signatures.SECRET));
        replica = cluster.start(0);
        await().atMost(Duration.ofMinutes(1)).until(replica::isReady);
    }

    @AfterAll
    static void stopReplica() throws Exception {
        cluster.close();
    }

    private static Response get(String path) {
        return given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .get(path);
    }

    private static Response manage(String path) {
        return given().baseUri(replica.management().toString()).get(path);
    }

    private static void create(String sku) {
        given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .contentType("application/json")
                .body(Client.product(sku))
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%zz", "/api/%zz", "/api/products/%00", "/api/products/%ff"})
    void aPathThatCanNotBeDecodedIsAProblem(String path) throws Exception {
        var answer = RawHttp.send(
                replica.address(),
                "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + Tokens.bearer("anna", "admin")
                        + "\r\n\r\n");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("content-type")).isEqualTo(Problem.MEDIA_TYPE);
        assertThat(answer.body()).contains("\"code\":\"bad-request\"");
    }

    @Test
    void theDescriptionsOfBothApisAreThere() {
        given().baseUri(replica.address().toString())
                .get("/asyncapi.yaml")
                .then()
                .statusCode(200)
                .body(containsString("asyncapi: 3.0.0"), containsString("inventory.updated"));
        given().baseUri(replica.address().toString()).get("/q/openapi").then().statusCode(200);
    }

    @Test
    void aProblemHasAllItsMembers() {
        given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .contentType("application/json")
                .body("{\"sku\":\"a/b\"}")
                .post("/api/products")
                .then()
                .statusCode(400)
                .contentType(Problem.MEDIA_TYPE)
                .body("code", equalTo("validation-failed"))
                .body("violations.find { it.pointer == '/sku' }.code", equalTo("pattern"));
        get("/api/events?after=999999").then().statusCode(400).body("head", notNullValue());
    }

    /** They are found by reflection. */
    @Test
    void theParametersOfACallAreKnown() {
        get("/api/products?limit=1&tag=x").then().statusCode(200);
        get("/api/products?lmit=1")
                .then()
                .statusCode(400)
                .body("violations[0].detail", containsString("status, tag, q, limit, after"));
    }

    @Test
    void everyPageCanBeWritten() throws Exception {
        create("PAGE-1");
        get("/api/products").then().statusCode(200).body("items.sku", hasItem("PAGE-1"));
        await().until(() ->
                get("/api/events").<List<String>>path("items.metadata.subject").contains("PAGE-1"));
        await().until(() ->
                get("/api/products/PAGE-1/history").path("items.size()").equals(1));
        get("/api/products/PAGE-1/history")
                .then()
                .body("items[0].actor", equalTo("anna"))
                .body("items[0].product.sku", equalTo("PAGE-1"));
        try (var database = cluster.database();
                var statement = database.createStatement()) {
            statement.execute("""
                    INSERT INTO dead_letter (id, handler, position, event, attempts, error)
                    VALUES (gen_random_uuid(), 'a-handler', 1, '{"type":"product.created"}', 3, 'why')
                    """);
        }
        get("/api/events/dead-letters")
                .then()
                .statusCode(200)
                .body("items[0].event.type", equalTo("product.created"))
                .body("items[0].error", equalTo("why"));
    }

    @Test
    void aWebhookIsAnsweredAndWhatItDoesNotKnowIsShown() {
        create("PMS-1");
        var body =
                "{\"lines\":[{\"sku\":\"PMS-1\",\"onHand\":3},{\"sku\":\"PMS-X\",\"onHand\":4,\"location\":\"annex\"}]}";
        long now = Clock.systemUTC().instant().getEpochSecond();
        given().baseUri(replica.address().toString())
                .contentType("application/json")
                .header("webhook-id", "msg_1")
                .header("webhook-timestamp", now)
                .header("webhook-signature", Signatures.of("msg_1", now, body))
                .body(body)
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(200)
                .body("applied", equalTo(1))
                .body("rejected[0].code", equalTo("unknown-sku"));
        await().until(() -> get("/api/events?type=inventory.synced")
                .<List<String>>path("items.payload.webhookId")
                .contains("msg_1"));
        var unknown = get("/api/pms/unknown-skus?resolved=false");
        unknown.then().statusCode(200).body("items[0].sku", equalTo("PMS-X"));
        given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .contentType("application/json")
                .body("{\"sku\":\"PMS-1\"}")
                .post("/api/pms/unknown-skus/" + unknown.path("items[0].id") + "/resolve")
                .then()
                .statusCode(200)
                .body("resolvedTo", equalTo("PMS-1"))
                .body("outcome", equalTo("applied"));
    }

    @Test
    void theDescriptionAndThePageForItAreThere() {
        get("/q/openapi").then().statusCode(200).body(containsString("/api/products/{sku}"));
        get("/q/swagger-ui/").then().statusCode(200).body(containsString("swagger-ui-bundle.js"));
        get("/q/swagger-ui/swagger-ui-bundle.js").then().statusCode(200);
    }

    @Test
    void theDashboardIsThereWithItsChartsAndWithoutATokenOfItsOwn() {
        var page = given().baseUri(replica.address().toString()).get("/");
        page.then().statusCode(200).contentType("text/html").header("Server-Timing", nullValue());
        assertThat(page.header("ETag")).isNotBlank();
        var files = Pattern.compile("(?:href|src)=\"(/[^\"]+)\"").matcher(page.asString());
        assertThat(files.results().map(file -> file.group(1)).toList())
                .anyMatch(file -> file.startsWith("/webjars/uplot/"))
                .allSatisfy(file -> assertThat(get(file).statusCode()).as(file).isEqualTo(200));
        get("/dev/token").then().statusCode(404);
    }

    @Test
    void healthAndMetricsAreThere() {
        manage("/q/health/ready").then().statusCode(200).body("status", equalTo("UP"));
        manage("/q/health/live").then().statusCode(200).body("status", equalTo("UP"));
        get("/api/products").then().statusCode(200);
        await().untilAsserted(() -> assertThat(manage("/q/metrics").asString())
                .contains("\nhttp_server_requests_seconds_count{", "\njvm_memory_used_bytes{", "\npms_feed_position "));
    }

    /** On the port of health and metrics, which must not be public; it says nothing that a dependency list would not. */
    @Test
    void versionAndCommitAreToldOnTheManagementPortOnly() {
        var info = manage("/q/info");
        info.then()
                .statusCode(200)
                .body("build.version", not(blankOrNullString()))
                .body("git.commit.id", matchesPattern("unknown|[0-9a-f]{40}(-dirty)?"))
                .body("java", notNullValue())
                .body("os", notNullValue());
        assertThat(info.<Map<String, Object>>path("$").keySet())
                .containsExactlyInAnyOrder("build", "git", "java", "os");
        assertThat(manage("/q/metrics").asString())
                .containsPattern("\npms_build_info\\{[^}]*commit=\"" + info.path("git.commit.id") + "\"[^}]*} 1\\.0")
                .contains("version=\"" + info.path("build.version") + "\"");
        get("/q/info").then().statusCode(404).contentType(Problem.MEDIA_TYPE);
    }

    /** The records are found by reflection, and the schemas are resources of the classes. */
    @Test
    void theKindsOfJobsAreThere() {
        get("/api/jobs/kinds")
                .then()
                .statusCode(200)
                .body("items.kind", hasItem("queue.probe"))
                .body("items.find { it.kind == 'queue.probe' }.payloadSchema.properties.steps.maximum", equalTo(1000));
    }

    @Test
    void aStreamOfEventsBegins() throws Exception {
        create("STREAM-1");
        var stream =
                URI.create(replica.address() + "/api/events/stream").toURL().openConnection();
        stream.setRequestProperty("Authorization", Tokens.bearer("anna", "admin"));
        stream.setRequestProperty("Last-Event-ID", "0");
        stream.setReadTimeout(20_000);
        try (var lines = new Scanner(stream.getInputStream(), StandardCharsets.UTF_8)) {
            assertThat(lines.findWithinHorizon("\"subject\":\"STREAM-1\"", 100_000))
                    .isNotNull();
        }
    }
}

package org.pmsevents;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.restassured.config.EncoderConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.platform.tracing.TraceId;

/** Somebody who uses the service in a test: under one trace, with the calls that many tests make. */
public final class Client {
    private static final ObjectMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private static final String MERGE_PATCH = "application/merge-patch+json";

    /** Of every request that this client sends. */
    public final String traceId = TraceId.random();

    private final String authorization;

    private Client(String authorization) {
        this.authorization = authorization;
    }

    public static Client of(String actor, String... roles) {
        return new Client(Tokens.bearer(actor, roles));
    }

    /** Sends a request again while it is told that somebody else has locked its row for 5 s: others may hold it for longer on a slow machine. */
    public static Response untilNotLocked(Supplier<Response> request) {
        var answer = request.get();
        while (answer.statusCode() == 503
                && json(answer).get("code").textValue().equals("database-busy")) {
            answer = request.get();
        }
        return answer;
    }

    public static Client viewer() {
        return of("vera", "viewer");
    }

    public static Client editor() {
        return of("edda", "editor");
    }

    /** A SKU that no other test uses. */
    public static String newSku(String start) {
        return start + UUID.randomUUID().toString().substring(0, 13);
    }

    /** A product that may be created. */
    public static String product(String sku) {
        return "{\"sku\":" + quoted(sku) + ",\"name\":\"Lamp\",\"price\":{\"amount\":12.50,\"currency\":\"EUR\"}}";
    }

    public static String quoted(String text) {
        return EXACT.getNodeFactory().textNode(text).toString();
    }

    public static JsonNode json(String text) {
        try {
            return EXACT.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static JsonNode json(Response response) {
        return json(response.asString());
    }

    /** The path of a product, percent-encoded. */
    public static String path(String sku) {
        return "/api/products/"
                + URLEncoder.encode(sku, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("*", "%2A");
    }

    /** A request without a token. */
    public RequestSpecification anonymous() {
        return given().config(RestAssuredConfig.config()
                        .encoderConfig(EncoderConfig.encoderConfig()
                                .appendDefaultContentCharsetToContentTypeIfUndefined(false)))
                .urlEncodingEnabled(false)
                .header("traceparent", "00-" + traceId + "-00f067aa0ba902b7-01");
    }

    public RequestSpecification request() {
        return anonymous().header("Authorization", authorization);
    }

    public RequestSpecification request(String body) {
        return request().contentType("application/json").body(body.getBytes(StandardCharsets.UTF_8));
    }

    /** Creates a product and expects that to work. */
    public JsonNode create(String sku) {
        return create(sku, product(sku));
    }

    public JsonNode create(String sku, String product) {
        var created = request(product).post("/api/products");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return json(created);
    }

    public Response read(String sku) {
        return request().get(path(sku));
    }

    public Response put(String sku, String product) {
        return request(product).put(path(sku));
    }

    public Response patch(String sku, String changes) {
        return request()
                .contentType(MERGE_PATCH)
                .body(changes.getBytes(StandardCharsets.UTF_8))
                .patch(path(sku));
    }

    public Response publish(String sku) {
        return request().post(path(sku) + "/publish");
    }

    public Response archive(String sku) {
        return request().delete(path(sku));
    }

    /** The path of a product's stock, percent-encoded. */
    public static String stockPath(String sku) {
        return path(sku).replace("/api/products/", "/api/inventory/");
    }

    public Response adjust(String sku, String adjustment) {
        return request(adjustment).post(stockPath(sku) + "/adjustments");
    }

    /** Adds to a stock and expects that to work. */
    public JsonNode adjust(String sku, long delta) {
        var adjusted = adjust(sku, "{\"delta\":" + delta + ",\"reason\":\"correction\"}");
        assertThat(adjusted.statusCode()).as(adjusted.asString()).isEqualTo(200);
        return json(adjusted);
    }

    public Response adjustAll(String lines, boolean atomic) {
        return request("{\"lines\":[" + lines + "]}").post("/api/inventory/adjustments?atomic=" + atomic);
    }

    public Response count(String sku, String count) {
        return request(count).put(stockPath(sku));
    }

    public Response threshold(String sku, String threshold) {
        return request(threshold).put(stockPath(sku) + "/threshold");
    }

    public JsonNode stock(String sku) {
        return json(request().get(stockPath(sku)));
    }

    /** The ledger, the newest movement first. */
    public JsonNode movements(String sku) {
        return json(request().get(stockPath(sku) + "/movements")).get("items");
    }

    public JsonNode history(String sku) {
        return json(request().get(path(sku) + "/history")).get("items");
    }

    /** The last position of the feed in PostgreSQL. */
    public long head() {
        return request().get("/api/events?after=" + Long.MAX_VALUE).jsonPath().getLong("head");
    }

    /** The feed's events about a subject after a position, as far as they have been given positions. */
    public List<JsonNode> events(long after, String subject) {
        var found = new ArrayList<JsonNode>();
        long next = after;
        long before;
        do {
            before = next;
            var page = json(request().get("/api/events?limit=500&after=" + next));
            page.get("items").forEach(event -> {
                if (event.at("/metadata/subject").asText().equals(subject)) {
                    found.add(event);
                }
            });
            next = page.get("next").longValue();
        } while (next != before);
        return found;
    }

    /** The same once there are at least so many; an answer does not wait for longer than 250 ms for its event's position. */
    public List<JsonNode> events(long after, String subject, int count) {
        await().until(() -> events(after, subject).size() >= count);
        return events(after, subject);
    }

    /** Creates a product, and answers the position of its event: what comes after that is about what follows. */
    public long createTold(String sku) {
        long before = head();
        create(sku);
        return events(before, sku, 1).get(0).at("/metadata/position").longValue();
    }

    /** Expects a problem document of this request's trace. */
    public ValidatableResponse isProblem(Response response, int status, String code) {
        return response.then()
                .statusCode(status)
                .header("Content-Type", equalTo("application/problem+json"))
                .body("status", equalTo(status))
                .body("code", equalTo(code))
                .body("traceId", equalTo(traceId));
    }
}

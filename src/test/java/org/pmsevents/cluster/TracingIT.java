package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.specification.RequestSpecification;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.websocket.FeedClient;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.platform.tracing.FakeCollector;
import org.pmsevents.platform.tracing.FakeCollector.Received;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.pms.outbound.FakePms;
import org.pmsevents.pms.webhook.Signatures;

/** One trace from the request to the last frame and the PMS, over two replicas, as a collector gets it. */
@Tag("native")
class TracingIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String CALLER = "00f067aa0ba902b7";

    private static FakeCollector collector;
    private static FakePms pms;
    private static Cluster cluster;
    private static Replica first;
    private static Replica second;

    @BeforeAll
    static void startCluster() throws Exception {
        collector = FakeCollector.open();
        pms = FakePms.open(0);
        cluster = new Cluster(settings("false"));
        first = cluster.start(0);
        second = cluster.start(0);
        await().atMost(SOON).until(() -> first.isReady() && second.isReady());
    }

    @AfterAll
    static void stopCluster() throws Exception {
        cluster.close();
        pms.close();
        collector.close();
    }

    private static Map<String, String> settings(String disabled) {
        return Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                collector.url().toString(),
                "OTEL_SDK_DISABLED",
                disabled,
                "OTEL_BSP_SCHEDULE_DELAY",
                "100",
                "PMS_EVENTS_PMS_URL",
                pms.url().toString(),
                "PMS_EVENTS_PMS_BUDGET",
                "10s",
                "PMS_EVENTS_WEBHOOK_SECRETS",
                Signatures.SECRET);
    }

    private static RequestSpecification to(Replica replica, String trace) {
        return given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .header("traceparent", "00-" + trace + "-" + CALLER + "-01")
                .contentType("application/json");
    }

    private static void create(Replica replica, String sku) {
        to(replica, TraceId.random())
                .body(Client.product(sku))
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    private static FeedClient subscribe(Replica replica, List<JsonNode> events) {
        var address = URI.create(replica.address().toString().replace("http", "ws") + "/ws");
        var client = FeedClient.of(List.of(address))
                .token(() -> Tokens.of("anna", "admin"))
                .topics("product.*")
                .start(events::add);
        await().atMost(SOON).until(() -> client.subscriptions() > 0);
        return client;
    }

    private static List<Received> named(String trace, String name) {
        return collector.spans(trace).stream()
                .filter(span -> span.name().equals(name))
                .toList();
    }

    private static Received one(String trace, String name) {
        await(name).atMost(SOON).until(() -> !named(trace, name).isEmpty());
        return named(trace, name).get(0);
    }

    /** Waits for a span of the name that is below these, the nearest first, up to the one that the caller began; a parent may arrive later. */
    private static void assertChain(String trace, String name, String... above) {
        var expected = new ArrayList<String>(List.of(name));
        expected.addAll(List.of(above));
        await(name)
                .atMost(SOON)
                .untilAsserted(() -> assertThat(named(trace, name))
                        .extracting(span -> chain(trace, span))
                        .contains(expected));
    }

    private static List<String> chain(String trace, Received span) {
        var byId = collector.spans(trace).stream()
                .collect(Collectors.toMap(Received::id, each -> each, (first, again) -> first));
        var names = new ArrayList<String>();
        for (var at = span; at != null; at = byId.get(at.parent())) {
            names.add(at.name());
        }
        return names;
    }

    @Test
    void aPublicationIsOneTraceThroughFeedHandlersJobPmsAndFrames() {
        var request = "POST /api/products/{sku}/publish";
        create(first, "TRACED");
        var told = new CopyOnWriteArrayList<JsonNode>();
        try (var client = subscribe(second, told)) {
            var trace = TraceId.random();
            to(first, trace)
                    .post("/api/products/TRACED/publish")
                    .then()
                    .statusCode(200)
                    .body("pmsSync", equalTo("synced"));

            assertThat(one(trace, request).parent()).isEqualTo(CALLER);
            assertThat(one(trace, request).kind()).isEqualTo("SPAN_KIND_SERVER");
            assertChain(trace, "transaction", request);
            assertChain(trace, "transaction", "run pms.sync", "create pms.sync", request);
            var create = "create product.published";
            for (var step : List.of(
                    "publish product.published",
                    "dispatch product.published",
                    "websocket product.published",
                    "product-history product.published",
                    "metrics product.published")) {
                assertChain(trace, step, create, request);
            }
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(named(trace, "dispatch product.published"))
                            .extracting(Received::replica)
                            .hasSize(2)
                            .doesNotHaveDuplicates());
            var frames = named(trace, "websocket product.published");
            assertThat(frames).hasSize(1);
            assertThat(frames.get(0).replica()).isNotEqualTo(one(trace, request).replica());
            assertThat(frames.get(0).attributes()).containsEntry("pms.websocket.connections", "1");

            var call = one(trace, "PUT /products/{sku}");
            assertChain(trace, "PUT /products/{sku}", "run pms.sync", "create pms.sync", request);
            assertThat(call.attributes()).containsEntry("http.response.status_code", "200");
            assertThat(pms.received("TRACED"))
                    .extracting(received -> received.header("traceparent"))
                    .containsExactly("00-" + trace + "-" + call.id() + "-01");
            assertThat(told)
                    .filteredOn(event -> event.path("type").asText().equals("product.published"))
                    .extracting(event -> event.path("metadata").path("traceId").asText())
                    .containsExactly(trace);
        }
    }

    @Test
    void aWebhookIsOneTraceWithTheStockThatItChanges() {
        create(first, "COUNTED");
        var trace = TraceId.random();
        var body = "{\"lines\":[{\"sku\":\"COUNTED\",\"onHand\":3}]}";
        long now = Clock.systemUTC().instant().getEpochSecond();
        to(first, trace)
                .header("webhook-id", "msg_traced")
                .header("webhook-timestamp", now)
                .header("webhook-signature", Signatures.of("msg_traced", now, body))
                .body(body)
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(200);

        var request = "POST /webhooks/pms/stock";
        assertChain(trace, "transaction", request);
        for (var type : List.of("inventory.synced", "inventory.updated")) {
            assertChain(trace, "dispatch " + type, "create " + type, request);
        }
        assertChain(trace, "stock-levels inventory.updated", "create inventory.updated", request);
    }

    @Test
    void anAdjustmentWaitsForItsStatementInItsOwnTrace() {
        create(first, "SOLD");
        var trace = TraceId.random();
        to(first, trace)
                .body("{\"delta\":5,\"reason\":\"receipt\"}")
                .post("/api/inventory/SOLD/adjustments")
                .then()
                .statusCode(200);

        var request = "POST /api/inventory/{sku}/adjustments";
        assertChain(trace, "transaction", request);
        assertChain(trace, "publish inventory.updated", "create inventory.updated", request);
    }

    /** Written together with others, then alone: the second attempt finds that the SKU exists. */
    @Test
    void anEventThatIsNotStoredHasNoSpan() {
        create(first, "TWICE");
        var trace = TraceId.random();
        to(first, trace)
                .body(Client.product("TWICE"))
                .post("/api/products")
                .then()
                .statusCode(409);
        to(first, trace)
                .body(Client.product("ONCE"))
                .post("/api/products")
                .then()
                .statusCode(201);

        assertChain(trace, "product-history product.created", "create product.created", "POST /api/products");
        assertThat(named(trace, "create product.created")).hasSize(1);
    }

    @Test
    void withTracingOffNothingIsExportedAndTheTraceIdFlowsAllTheSame() throws Exception {
        var trace = TraceId.random();
        try (var other = new Cluster(settings("true"))) {
            var replica = other.start(0);
            await().atMost(SOON).until(replica::isReady);
            create(replica, "QUIET");
            to(replica, trace)
                    .post("/api/products/QUIET/publish")
                    .then()
                    .statusCode(200)
                    .body("pmsSync", equalTo("synced"));

            assertThat(pms.received("QUIET").get(0).header("traceparent")).startsWith("00-" + trace + "-");
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(to(replica, TraceId.random())
                                    .get("/api/events?type=product.published")
                                    .<List<String>>path("items.metadata.traceId"))
                            .containsExactly(trace));
            assertThat(replica.terminate()).isIn(0, 143);
        }
        assertThat(collector.spans(trace)).isEmpty();
    }
}

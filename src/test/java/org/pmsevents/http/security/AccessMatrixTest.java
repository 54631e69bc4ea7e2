package org.pmsevents.http.security;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pmsevents.Client;
import org.pmsevents.delivery.websocket.LiveSocket;
import org.pmsevents.delivery.websocket.TestFeed;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.pms.webhook.Signatures;

/**
 * Who may do what: every call of the API's description and every topic, for everybody there is. A call or an event type that is not in
 * these tables fails the test, so that nobody adds one without saying whose it is.
 */
@QuarkusTest
class AccessMatrixTest {
    /** The least role that a call needs, or one of two; admins may do all. {@code signature}: no token counts. */
    private static final String CALLS = """
        GET    /api/products                                 viewer
        POST   /api/products                                 editor
        POST   /api/products/batch                           editor
        GET    /api/products/{sku}                           viewer
        PUT    /api/products/{sku}                           editor
        PATCH  /api/products/{sku}                           editor
        DELETE /api/products/{sku}                           editor
        POST   /api/products/{sku}/publish                   editor
        POST   /api/products/{sku}/restore                   editor
        GET    /api/products/{sku}/history                   viewer
        GET    /api/inventory                                viewer
        GET    /api/inventory/{sku}                          viewer
        GET    /api/inventory/{sku}/locations                viewer
        PUT    /api/inventory/{sku}                          stock
        POST   /api/inventory/{sku}/adjustments              stock
        POST   /api/inventory/adjustments                    stock
        PUT    /api/inventory/{sku}/threshold                stock
        GET    /api/inventory/{sku}/movements                viewer
        GET    /api/locations/{location}                     viewer
        PUT    /api/locations/{location}                     stock
        GET    /api/exports/products                         viewer
        GET    /api/exports/inventory                        viewer
        GET    /api/events                                   viewer
        GET    /api/events/stream                            viewer
        GET    /api/events/dead-letters                      operator
        POST   /api/events/dead-letters/{id}/retry           operator
        GET    /api/pms/unknown-skus                         viewer
        POST   /api/pms/unknown-skus/{id}/resolve            stock
        GET    /api/jobs                                     operator
        POST   /api/jobs                                     operator
        GET    /api/jobs/kinds                               operator
        GET    /api/jobs/{id}                                operator
        POST   /api/jobs/{id}/cancel                         operator
        POST   /api/jobs/{id}/retry                          operator
        POST   /api/jobs/retry?kind=matrix.none              operator
        POST   /api/imports                                  editor|stock
        GET    /api/imports                                  editor|stock
        GET    /api/imports/{id}                             editor|stock
        GET    /api/imports/{id}/rejected                    editor|stock
        POST   /api/imports/{id}/cancel                      editor|stock
        GET    /api/me                                       viewer
        GET    /api/keys                                     admin
        POST   /api/keys                                     admin
        DELETE /api/keys/{id}                                admin
        GET    /api/keys/audit                               operator
        GET    /api/subscriptions                            operator
        POST   /api/subscriptions                            operator
        GET    /api/subscriptions/audit                      operator
        GET    /api/subscriptions/{id}                       operator
        PATCH  /api/subscriptions/{id}                       operator
        DELETE /api/subscriptions/{id}                       operator
        GET    /api/subscriptions/{id}/attempts              operator
        POST   /api/subscriptions/{id}/pause                 operator
        POST   /api/subscriptions/{id}/resume                operator
        POST   /api/subscriptions/{id}/replay                operator
        POST   /api/subscriptions/{id}/rotate-secret         operator
        POST   /api/subscriptions/{id}/test                  operator
        POST   /api/subscriptions/{id}/pull                  operator
        POST   /api/subscriptions/{id}/ack                   operator
        GET    /api/cache/stats                              operator
        DELETE /api/cache?key=product:matrix                 operator
        GET    /api/metrics/summary                          operator
        POST   /webhooks/pms/stock                           signature
        POST   /webhooks/pms/products                        signature
        """;

    /** The least role that hears of an event; {@code nobody} for what never leaves the service. */
    private static final Map<String, String> TOPICS = Map.ofEntries(
            Map.entry("product.created", "viewer"),
            Map.entry("product.updated", "viewer"),
            Map.entry("product.published", "viewer"),
            Map.entry("inventory.updated", "viewer"),
            Map.entry("inventory.alert", "viewer"),
            Map.entry("inventory.synced", "viewer"),
            Map.entry("cache.miss", "operator"),
            Map.entry("cache.invalid", "operator"),
            Map.entry("cache.warm", "operator"),
            Map.entry("error.validation", "operator"),
            Map.entry("error.integration", "operator"),
            Map.entry("error.system", "operator"),
            Map.entry("queue.new", "operator"),
            Map.entry("queue.processing", "operator"),
            Map.entry("queue.complete", "operator"),
            Map.entry("metrics.request", "operator"),
            Map.entry("metrics.error", "operator"),
            Map.entry("metrics.resources", "operator"),
            Map.entry("ws.connect", "admin"),
            Map.entry("ws.error", "admin"),
            Map.entry("ws.update", "nobody"));

    private static final List<String> ROLES = List.of("viewer", "editor", "stock", "operator", "admin");
    private static final String NO_TOKEN = "no token";
    private static final String NO_ROLE = "no role";
    private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete", "head", "options");

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TestHTTPResource("/")
    URI server;

    private final EventPublisher events;
    private final TestFeed feed;

    AccessMatrixTest(EventPublisher events, TestFeed feed) {
        this.events = events;
        this.feed = feed;
    }

    record Call(String method, String target, String needs) {
        String name() {
            return method + " " + target.replaceAll("\\?.*", "");
        }

        @Override
        public String toString() {
            return name();
        }
    }

    private record Answer(int statusCode, HttpHeaders headers, String body) {}

    static Stream<Call> calls() {
        return CALLS.lines().map(line -> line.split("\\s+")).map(row -> new Call(row[0], row[1], row[2]));
    }

    private static boolean may(String caller, String needs) {
        return switch (caller) {
            case NO_TOKEN, NO_ROLE -> false;
            case "admin" -> !needs.equals("nobody");
            default -> needs.equals("viewer") || List.of(needs.split("\\|")).contains(caller);
        };
    }

    private static List<String> everybody() {
        return Stream.concat(Stream.of(NO_TOKEN, NO_ROLE), ROLES.stream()).toList();
    }

    private static String token(String caller) {
        return caller.equals(NO_ROLE) ? Tokens.of("matrix") : Tokens.of("matrix", caller);
    }

    private static JsonNode description() {
        return Client.json(given().get("/q/openapi?format=json"));
    }

    @Test
    void everyCallOfTheDescriptionIsInTheTable() {
        var described = new TreeSet<String>();
        description()
                .get("paths")
                .fields()
                .forEachRemaining(path -> path.getValue().fieldNames().forEachRemaining(method -> {
                    if (METHODS.contains(method) && !path.getKey().startsWith("/api/test-")) {
                        described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        assertThat(calls().map(Call::name)).containsExactlyInAnyOrderElementsOf(described);
    }

    @ParameterizedTest
    @MethodSource("calls")
    void aCallIsForThoseWhoMayMakeIt(Call call) {
        var softly = new SoftAssertions();
        for (var caller : everybody()) {
            var answer = send(call, caller);
            var as = softly.assertThat(answer.statusCode()).as("%s by %s: %s", call, caller, answer.body());
            if (call.needs().equals("signature")) {
                as.isEqualTo(401);
                softly.assertThat(answer.body()).contains("\"code\":\"bad-signature\"");
            } else if (caller.equals(NO_TOKEN)) {
                as.isEqualTo(401);
                softly.assertThat(answer.headers().firstValue("WWW-Authenticate"))
                        .contains("Bearer");
            } else if (!may(caller, call.needs())) {
                as.isEqualTo(403);
                softly.assertThat(answer.body()).contains("\"code\":\"forbidden\"");
                softly.assertThat(Client.json(answer.body()).path("roles"))
                        .as("what %s needs", call)
                        .extracting(JsonNode::textValue)
                        .containsExactlyElementsOf(ROLES.stream()
                                .filter(role -> may(role, call.needs()))
                                .toList());
            } else {
                as.isNotIn(401, 403, 405).isLessThan(500);
            }
        }
        softly.assertAll();
    }

    private Answer send(Call call, String caller) {
        var target = call.target()
                .replace("{sku}", "matrix-unknown")
                .replace("{location}", "matrix")
                .replace("{id}", UUID.randomUUID().toString());
        var type = call.method().equals("PATCH")
                ? "application/merge-patch+json"
                : call.name().equals("POST /api/imports") ? "text/csv" : "application/json";
        var request = HttpRequest.newBuilder(server.resolve(target))
                .method(call.method(), HttpRequest.BodyPublishers.ofString("{}"))
                .header("Content-Type", type);
        if (Set.of("GET", "DELETE").contains(call.method())) {
            request.method(call.method(), HttpRequest.BodyPublishers.noBody());
        }
        if (!caller.equals(NO_TOKEN)) {
            request.header("Authorization", "Bearer " + token(caller));
        }
        return text(request.build());
    }

    /** A stream never ends: of what is no failure only the head is read. */
    private static Answer text(HttpRequest request) {
        try {
            var answer = HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (var body = answer.body()) {
                var type = answer.headers().firstValue("Content-Type").orElse("");
                return new Answer(
                        answer.statusCode(),
                        answer.headers(),
                        type.startsWith("text/event-stream")
                                ? ""
                                : new String(body.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void everyEventTypeIsInTheTable() {
        assertThat(TOPICS.keySet())
                .isEqualTo(Arrays.stream(EventType.values())
                        .map(EventType::wireName)
                        .collect(Collectors.toSet()));
    }

    @Test
    void theWebSocketIsForThoseWithARole() {
        for (var refused : Map.of("", 401, "Bearer " + token(NO_ROLE), 403).entrySet()) {
            assertThatThrownBy(() -> {
                        var builder = HTTP.newWebSocketBuilder();
                        if (!refused.getKey().isEmpty()) {
                            builder.header("Authorization", refused.getKey());
                        }
                        builder.buildAsync(
                                        URI.create("ws"
                                                + server.resolve("/ws")
                                                        .toString()
                                                        .substring(4)),
                                        new WebSocket.Listener() {})
                                .join();
                    })
                    .cause()
                    .isInstanceOfSatisfying(
                            WebSocketHandshakeException.class,
                            refusal -> assertThat(refusal.getResponse().statusCode())
                                    .isEqualTo(refused.getValue()));
        }
    }

    @ParameterizedTest
    @MethodSource("roles")
    void aTopicIsForThoseWhoMayHearIt(String role) throws Exception {
        var softly = new SoftAssertions();
        try (var socket = LiveSocket.openWith(server.resolve("/ws"), "", token(role))) {
            for (var topic : new TreeSet<>(TOPICS.keySet())) {
                softly.assertThat(answer(socket, topic))
                        .as("%s by %s", topic, role)
                        .isEqualTo(expected(topic, role));
            }
            for (var alerts : List.of("admin.alert", "admin.*")) {
                softly.assertThat(answer(socket, alerts))
                        .as(alerts)
                        .isEqualTo(may(role, "operator") ? "subscribed" : "topic-not-allowed");
            }
            softly.assertThat(answer(socket, "secrets.*")).isEqualTo("topic-unknown");
        }
        softly.assertAll();
    }

    static Stream<String> roles() {
        return ROLES.stream();
    }

    private static String expected(String topic, String role) {
        var needs = TOPICS.get(topic);
        if (needs.equals("nobody")) {
            return "topic-unknown";
        }
        return may(role, needs) ? "subscribed" : "topic-not-allowed";
    }

    private static String answer(LiveSocket socket, String topic) throws InterruptedException {
        socket.subscribe(topic, topic);
        var answer = socket.nextNews();
        while (!answer.path("id").asText().equals(topic)) {
            answer = socket.nextNews();
        }
        return answer.path("op").asText().equals("error")
                ? answer.path("code").asText()
                : answer.path("op").asText();
    }

    @ParameterizedTest
    @MethodSource("roles")
    void aStreamIsForWhatCanBeReplayed(String role) {
        var softly = new SoftAssertions();
        for (var type : EventType.values()) {
            var stream = send(new Call("GET", "/api/events/stream?type=" + type.wireName(), "viewer"), role);
            var page = send(new Call("GET", "/api/events?type=" + type.wireName(), "viewer"), role);
            var needs = TOPICS.get(type.wireName());
            int expected =
                    type.scope() == EventScope.FEED ? 200 : needs.equals("nobody") || may(role, needs) ? 400 : 403;
            softly.assertThat(page.statusCode()).as("%s by %s", type, role).isEqualTo(expected);
            softly.assertThat(stream.statusCode()).as("%s by %s", type, role).isEqualTo(expected);
        }
        softly.assertAll();
    }

    /** Whoever subscribes to everything is told what the role may hear, and nothing else. */
    @Test
    void whatIsToldIsWhatMayBeHeard() throws Exception {
        var subject = "matrix-" + UUID.randomUUID();
        var sockets = new ArrayList<LiveSocket>();
        try {
            for (var role : ROLES) {
                var socket = LiveSocket.openWith(server.resolve("/ws"), "", token(role));
                sockets.add(socket);
                socket.send("{'op':'subscribe','id':'all','topics':['*'],'subjects':['" + subject + "']}");
                socket.next("subscribed");
            }
            for (var type : EventType.values()) {
                if (type.scope() != EventScope.FEED) {
                    events.emit(type, subject, Map.of("matrix", true), RequestContext.system());
                }
            }
            tellEverythingOfTheFeed(subject);
            // a job tells the alert, outside of the feed's order: what ends the feed is written when it is here
            var told = heardUntil(sockets.get(ROLES.indexOf("operator")), AccessMatrixTest::isAlert);
            feed.write(EventType.PRODUCT_UPDATED, subject, 1, "the end");
            for (int i = 0; i < ROLES.size(); i++) {
                var role = ROLES.get(i);
                var expected = TOPICS.keySet().stream()
                        .filter(topic -> may(role, TOPICS.get(topic)))
                        .collect(Collectors.toSet());
                if (may(role, "operator")) {
                    expected.add("admin.alert");
                }
                var heard = heardUntil(
                        sockets.get(i),
                        event -> event.at("/payload/text").asText().equals("the end"));
                if (role.equals("operator")) {
                    heard.addAll(told);
                }
                assertThat(heard).as(role).isEqualTo(expected);
            }
        } finally {
            sockets.forEach(LiveSocket::close);
        }
    }

    /** By what callers do, as handlers keep what they learn from these. */
    private static void tellEverythingOfTheFeed(String sku) {
        var admin = Client.of("matrix", "admin");
        admin.create(sku);
        assertThat(admin.patch(sku, "{\"name\":\"Other\"}").statusCode()).isEqualTo(200);
        assertThat(admin.publish(sku).statusCode()).isEqualTo(200);
        admin.adjust(sku, 5);
        assertThat(admin.threshold(sku, "{\"threshold\":9}").statusCode()).isEqualTo(200);
        var counts = "{\"lines\":[{\"sku\":\"" + sku + "\",\"onHand\":7}]}";
        long now = Instant.now().getEpochSecond();
        given().contentType("application/json")
                .header("webhook-id", sku)
                .header("webhook-timestamp", now)
                .header("webhook-signature", Signatures.of(sku, now, counts))
                .body(counts)
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(200);
    }

    private static Set<String> heardUntil(LiveSocket socket, Predicate<JsonNode> last) throws InterruptedException {
        var topics = new TreeSet<String>();
        while (true) {
            var news = socket.nextNews();
            topics.add(isAlert(news) ? "admin.alert" : news.path("type").asText());
            if (last.test(news)) {
                return topics;
            }
        }
    }

    private static boolean isAlert(JsonNode news) {
        return news.path("op").asText().equals("alert");
    }
}

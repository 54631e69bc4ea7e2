package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.http.security.Tokens;

@QuarkusTest
class LiveProtocolTest {
    @TestHTTPResource("/ws")
    URI address;

    private final TestFeed feed;
    private final Vertx vertx;

    LiveProtocolTest(TestFeed feed, Vertx vertx) {
        this.feed = feed;
        this.vertx = vertx;
    }

    private LiveSocket viewer() {
        return LiveSocket.open(address, "", "viewer");
    }

    private static String sku() {
        return "live-" + UUID.randomUUID();
    }

    private static long position(JsonNode event) {
        return event.at("/metadata/position").longValue();
    }

    @Test
    void subscribedSaysFromWhereEventsFlow() throws Exception {
        try (var socket = viewer()) {
            feed.write(sku(), 1);
            socket.subscribe("1", "product.*");
            var subscribed = socket.next();
            assertThat(subscribed.path("op").asText()).isEqualTo("subscribed");
            assertThat(subscribed.path("id").asText()).isEqualTo("1");
            assertThat(subscribed.path("position").longValue()).isEqualTo(feed.head());

            var sku = sku();
            feed.write(sku, 2);
            var event = socket.nextNews();
            assertThat(event.path("type").asText()).isEqualTo("product.updated");
            assertThat(event.at("/metadata/subject").asText()).isEqualTo(sku);
            assertThat(position(event)).isEqualTo(subscribed.path("position").longValue() + 1);
            assertThat(position(socket.nextNews())).isEqualTo(position(event) + 1);
        }
    }

    @Test
    void aSubjectOfTheAddressIsTheSameHoweverItIsTyped() throws Exception {
        var sku = "k\u00e4se-" + UUID.randomUUID();
        var decomposed = URLEncoder.encode(Normalizer.normalize(sku, Normalizer.Form.NFD), StandardCharsets.UTF_8);
        try (var socket = LiveSocket.open(address, "?topics=product.*&subjects=" + decomposed, "viewer")) {
            socket.next("subscribed");
            feed.write(sku, 1);
            assertThat(socket.nextNews().at("/metadata/subject").asText()).isEqualTo(sku);
        }
    }

    @Test
    void anEventCarriesTheTraceAndTheActorOfItsRequest() throws Exception {
        var sku = sku();
        var trace = UUID.randomUUID().toString().replace("-", "");
        try (var socket = viewer()) {
            socket.subscribe("1", "product.created").next("subscribed");
            RestAssured.given()
                    .header("Authorization", Tokens.bearer("writer", "editor"))
                    .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                    .contentType("application/json")
                    .body("{\"sku\":\"" + sku + "\",\"name\":\"A\",\"price\":{\"amount\":1.50,\"currency\":\"EUR\"}}")
                    .post("/api/products")
                    .then()
                    .statusCode(201);
            var event = socket.nextNews();
            assertThat(event.at("/metadata/traceId").asText()).isEqualTo(trace);
            assertThat(event.at("/metadata/actor").asText()).isEqualTo("writer");
            assertThat(event.at("/payload/sku").asText()).isEqualTo(sku);
            assertThat(event.at("/payload/price/amount").toString()).startsWith("1.5");
        }
    }

    @Test
    void topicsAndSubjectsChooseTheEvents() throws Exception {
        var wanted = sku();
        var other = sku();
        try (var exact = viewer();
                var family = viewer();
                var all = viewer();
                var subject = viewer()) {
            exact.subscribe("1", "product.published").next("subscribed");
            family.subscribe("1", "product.*").next("subscribed");
            all.subscribe("1", "*").next("subscribed");
            subject.send("{'op':'subscribe','id':'1','topics':['*'],'subjects':['" + wanted + "']}")
                    .next("subscribed");

            feed.write(EventType.INVENTORY_UPDATED, other, 1, "");
            feed.write(EventType.PRODUCT_UPDATED, other, 1, "");
            feed.write(EventType.PRODUCT_PUBLISHED, wanted, 1, "");

            assertThat(types(all, 3)).containsExactly("inventory.updated", "product.updated", "product.published");
            assertThat(types(family, 2)).containsExactly("product.updated", "product.published");
            assertThat(types(exact, 1)).containsExactly("product.published");
            assertThat(types(subject, 1)).containsExactly("product.published");
        }
    }

    private static List<String> types(LiveSocket socket, int count) throws InterruptedException {
        var types = new ArrayList<String>();
        while (types.size() < count) {
            types.add(socket.nextNews().path("type").asText());
        }
        return types;
    }

    @Test
    void subscriptionsAddUpAndAMessageComesOnce() throws Exception {
        var sku = sku();
        try (var socket = viewer()) {
            socket.subscribe("1", "product.*").subscribe("2", "*").subscribe("3", "inventory.*");
            assertThat(socket.next("subscribed").path("id").asText()).isEqualTo("1");
            assertThat(socket.next("subscribed").path("id").asText()).isEqualTo("2");
            assertThat(socket.next("subscribed").path("id").asText()).isEqualTo("3");
            feed.write(sku, 2);
            assertThat(socket.nextNews().at("/payload/n").intValue()).isZero();
            assertThat(socket.nextNews().at("/payload/n").intValue()).isEqualTo(1);

            socket.send("{'op':'unsubscribe','id':'1'}").next("unsubscribed");
            socket.send("{'op':'unsubscribe','id':'2'}").next("unsubscribed");
            feed.write(EventType.PRODUCT_UPDATED, sku, 1, "");
            feed.write(EventType.INVENTORY_UPDATED, sku, 1, "");
            assertThat(socket.nextNews().path("type").asText()).isEqualTo("inventory.updated");
        }
    }

    @Test
    void whatIsRefusedLeavesTheConnectionOpen() throws Exception {
        try (var socket = viewer()) {
            assertThat(socket.subscribe("1", "product.eaten").errorCode()).isEqualTo("topic-unknown");
            assertThat(socket.subscribe("1", "queue.*").errorCode()).isEqualTo("topic-not-allowed");
            assertThat(socket.subscribe("1", "ws.connect").errorCode()).isEqualTo("topic-not-allowed");
            assertThat(socket.subscribe("1", "ws.update").errorCode()).isEqualTo("topic-unknown");
            assertThat(socket.send("{'op':'unsubscribe','id':'1'}").errorCode()).isEqualTo("id-unknown");
            socket.subscribe("1", "product.*").next("subscribed");
            assertThat(socket.subscribe("1", "*").errorCode()).isEqualTo("id-in-use");
            assertThat(socket.send("{'op':'subscribe','id':'2','topics':['*'],'after':0}")
                            .errorCode())
                    .isEqualTo("resume-first");
            assertThat(socket.send("{'op':'ping'}").nextNews().path("op").asText())
                    .isEqualTo("pong");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'op':'sing'}",
                "{'op':7}",
                "{'op':'ping','loud':true}",
                "{'op':'subscribe','id':'x'}",
                "{'op':'subscribe','id':'x','topics':[]}",
                "{'op':'subscribe','topics':['*']}",
                "{'op':'subscribe','id':'x','topics':['*'],'after':-1}",
                "{'op':'subscribe','id':'x','topics':['*'],'after':1.5}",
                "{'op':'subscribe','id':'x','topics':['*'],'after':'1'}",
                "{'op':'ping','op':'ping'}",
            })
    void aMessageThatMakesNoSenseIsAnswered(String message) throws Exception {
        try (var socket = viewer()) {
            assertThat(socket.send(message).errorCode()).isEqualTo("invalid-message");
            assertThat(socket.send("{'op':'ping'}").next().path("op").asText()).isEqualTo("pong");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello", "[]", "7", "{'op':'ping'}{'op':'ping'}", " "})
    void aMessageThatIsNoObjectClosesWith4400(String message) throws Exception {
        try (var socket = viewer()) {
            assertThat(socket.send(message).closed().code()).isEqualTo(4400);
        }
    }

    @Test
    void aBinaryMessageClosesWith4400() throws Exception {
        try (var socket = viewer()) {
            socket.sendBinary();
            assertThat(socket.closed().code()).isEqualTo(4400);
        }
    }

    @Test
    void aMessageTooLongForTheDecoderClosesWith1009AsWell() throws Exception {
        try (var socket = LiveSocket.open(address, "", "viewer")) {
            socket.send("{'op':'ping','x':'" + "x".repeat(400_000) + "'}");
            assertThat(socket.closed().code()).isEqualTo(1009);
        }
    }

    @Test
    void aMessageOver64KiBClosesWith1009() throws Exception {
        try (var socket = viewer()) {
            socket.send("{'op':'ping','x':'" + "x".repeat(65_536) + "'}");
            assertThat(socket.closed().code()).isEqualTo(1009);
        }
    }

    @Test
    void theQuerySubscribesAtOnce() throws Exception {
        var sku = sku();
        long before = feed.head();
        feed.write(sku, 1);
        feed.write(EventType.INVENTORY_UPDATED, sku, 1, "");
        var query = "?topics=product.updated,inventory.*&subjects=" + sku + "&after=" + before;
        try (var socket = LiveSocket.open(address, query, "viewer")) {
            var subscribed = socket.next();
            assertThat(subscribed.path("op").asText()).isEqualTo("subscribed");
            assertThat(subscribed.path("position").longValue()).isEqualTo(before);
            assertThat(types(socket, 2)).containsExactly("product.updated", "inventory.updated");
        }
        try (var socket = LiveSocket.open(address, "?topics=*&after=soon", "viewer")) {
            assertThat(socket.errorCode()).isEqualTo("invalid-message");
        }
    }

    @Test
    void aBatchJoinsMessagesInArrays() throws Exception {
        var sku = sku();
        long before = feed.head();
        feed.write(sku, 100);
        try (var socket =
                LiveSocket.open(address, "?batch=true&topics=*&subjects=" + sku + "&after=" + before, "viewer")) {
            var numbers = new ArrayList<Integer>();
            int frames = 0;
            while (numbers.size() < 100) {
                var frame = socket.nextNews();
                frames++;
                (frame.isArray() ? frame : List.of(frame)).forEach(each -> {
                    if (each.has("type")) {
                        numbers.add(each.at("/payload/n").intValue());
                    }
                });
            }
            assertThat(numbers).isSorted().doesNotHaveDuplicates();
            assertThat(frames).isLessThan(10);
        }
    }

    @Test
    void announcementsReachOperatorsWithoutAPosition() throws Exception {
        try (var operator = LiveSocket.open(address, "", "operator")) {
            operator.subscribe("1", "error.validation").next("subscribed");
            RestAssured.given()
                    .header("Authorization", Tokens.bearer("clumsy", "editor"))
                    .contentType("application/json")
                    .body("{}")
                    .post("/api/products")
                    .then()
                    .statusCode(400);
            var event = operator.nextNews();
            while (!event.at("/metadata/actor").asText().equals("clumsy")) {
                event = operator.nextNews();
            }
            assertThat(event.path("type").asText()).isEqualTo("error.validation");
            assertThat(event.at("/metadata").has("position")).isFalse();
        }
    }

    @Test
    void connectionsAreAnnouncedOnTheEventBus() throws Exception {
        var heard = new CopyOnWriteArrayList<EventMessage>();
        var consumers = List.of("ws.connect", "ws.update", "ws.error").stream()
                .map(type -> vertx.eventBus().<EventMessage>localConsumer(type, message -> {
                    // not what becomes of the connections of other tests
                    var event = message.body();
                    if (event.type() == EventType.WS_UPDATE
                            || event.metadata().actor().equals("connector")) {
                        heard.add(event);
                    }
                }))
                .toList();
        try (var socket = LiveSocket.openWith(address, "", Tokens.of("connector", "admin"))) {
            socket.subscribe("1", "*").next("subscribed");
            feed.write(sku(), 3);
            socket.send("nonsense").closed();
            await().untilAsserted(() -> assertThat(of("ws.error", heard))
                    .singleElement()
                    .satisfies(event -> assertThat(event.payload()).contains("4400")));
            assertThat(of("ws.connect", heard))
                    .anySatisfy(event -> assertThat(event.metadata().actor()).isEqualTo("connector"));
            assertThat(of("ws.update", heard))
                    .hasSizeBetween(1, 3)
                    .allSatisfy(event -> assertThat(event.payload()).contains("\"position\""));
        } finally {
            consumers.forEach(consumer -> consumer.unregister());
        }
    }

    private static List<EventMessage> of(String type, List<EventMessage> heard) {
        return heard.stream()
                .filter(event -> event.type().wireName().equals(type))
                .toList();
    }

    @Test
    void aCallerWithoutARoleIsRefused() {
        isRefused("", 403, "\"code\":\"forbidden\"");
    }

    @Test
    void aParameterThatMeansNothingIsRefusedWithTheKnownOnes() {
        for (var query : List.of("?topic=product.*", "?topics=*&Batch=true", "?x")) {
            isRefused(query, 400, "Known are: topics, subjects, after,", "viewer");
        }
        isRefused("?topics=*&batch=yes", 400, "\"pointer\":\"?batch\"", "viewer");
    }

    private void isRefused(String query, int status, String inTheProblem, String... roles) {
        assertThatThrownBy(() -> LiveSocket.open(address, query, roles))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(WebSocketHandshakeException.class, refusal -> {
                    var answer = refusal.getResponse();
                    assertThat(answer.statusCode()).as(query).isEqualTo(status);
                    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
                    assertThat((String) answer.body()).contains(inTheProblem);
                });
    }

    @Test
    void anExpiredTokenClosesWith1008() throws Exception {
        // 30 s of clock skew are allowed: good for one to two seconds more, and its connection closed a second after
        // that
        var token = Tokens.expiring(-100, -28, "late", "viewer");
        try (var socket = LiveSocket.openWith(address, "?topics=*", token)) {
            socket.next("subscribed");
            assertThat(socket.closed().code()).isEqualTo(1008);
        }
    }
}

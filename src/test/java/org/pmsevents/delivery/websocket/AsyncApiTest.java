package org.pmsevents.delivery.websocket;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.asyncapi.v3._0_0.model.channel.Channel;
import com.asyncapi.v3._0_0.model.channel.message.Message;
import com.asyncapi.v3._0_0.model.operation.Operation;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.SystemError;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.problem.IntegrationError;
import org.pmsevents.http.security.Roles;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.pms.webhook.Signatures;

/** Whether /asyncapi.yaml is what the service does. */
@QuarkusTest
class AsyncApiTest {
    /** Quarkus' own, when a token has expired; see {@code SocketHandshakeTest}. */
    private static final int EXPIRED = 1008;

    private static final Set<String> CLIENT = Set.of("subscribe", "unsubscribe", "ping");
    private static final Set<String> SERVER =
            Set.of("subscribed", "unsubscribed", "reset", "position", "error", "pong", "alert", "batch");
    /** What comes when it comes, and so is not waited for; where it comes it is held against the document, too. */
    private static final Set<String> NOT_PROVOKED = Set.of("ws.update", "cache.warm", "metrics.error");

    @TestHTTPResource("/ws")
    URI address;

    private final EventPublisher events;
    private final Alerts alerts;
    private AsyncApi api;

    AsyncApiTest(EventPublisher events, Alerts alerts) {
        this.events = events;
        this.alerts = alerts;
    }

    @BeforeEach
    void read() {
        var answer = given().get("/asyncapi.yaml");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.contentType()).contains("yaml");
        api = new AsyncApi(answer.asString());
    }

    private static Stream<String> types(EventScope... scopes) {
        return Arrays.stream(EventType.values())
                .filter(type -> List.of(scopes).contains(type.scope()))
                .map(EventType::wireName);
    }

    @Test
    void itIsAnAsyncApiDocumentToTheLastField() throws Exception {
        var document = api.strictly();
        assertThat(document.getAsyncapi()).isEqualTo("3.0.0");
        assertThat(document.getChannels().values()).hasSize(2).allMatch(Channel.class::isInstance);
        assertThat(document.getOperations().values()).hasSize(4).allMatch(Operation.class::isInstance);
        assertThat(document.getComponents().getMessages().values())
                .hasSize(api.document.at("/components/messages").size())
                .allMatch(Message.class::isInstance);
    }

    @Test
    void everyReferenceLeadsSomewhereAndNothingIsUnused() {
        assertThat(api.references())
                .allSatisfy(reference -> assertThat(
                                api.document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
        assertThat(AsyncApi.names(api.document.at("/components/schemas")))
                .allSatisfy(name -> assertThat(api.references()).contains("#/components/schemas/" + name));
    }

    @Test
    void itHasEveryEventTypeWithItsScopeAndRoleAndNoOther() {
        var messages = new TreeSet<>(AsyncApi.names(api.document.at("/components/messages")));
        messages.removeAll(CLIENT);
        messages.removeAll(SERVER);
        messages.remove("streamReset");
        assertThat(messages)
                .containsExactlyInAnyOrderElementsOf(types(EventScope.values()).toList());
        for (var type : EventType.values()) {
            var message = api.document.at("/components/messages/" + type.wireName());
            assertThat(message.path("x-scope").asText())
                    .as(type.wireName())
                    .isEqualTo(type.scope().name());
            assertThat(message.path("x-role").asText()).as(type.wireName()).isEqualTo(leastRole(type));
        }
    }

    private static String leastRole(EventType type) {
        return Stream.of(Roles.VIEWER, Roles.OPERATOR, Roles.ADMIN)
                .filter(role -> Roles.mayHear(Roles.including(Set.of(role)), type))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void eachChannelTellsWhatItTells() {
        assertThat(api.messagesOf("live"))
                .containsExactlyInAnyOrderElementsOf(Stream.of(
                                CLIENT.stream(),
                                SERVER.stream(),
                                types(EventScope.values()).filter(type -> !type.equals("ws.update")))
                        .flatMap(names -> names)
                        .toList());
        assertThat(api.messagesOf("stream"))
                .containsExactlyInAnyOrderElementsOf(Stream.concat(types(EventScope.FEED), Stream.of("streamReset"))
                        .toList());
    }

    @Test
    void itHasEveryCloseCodeThatIsSent() throws Exception {
        var codes = new HashSet<>(Set.of(Integer.toString(EXPIRED)));
        for (var field : LiveProtocol.class.getDeclaredFields()) {
            if (field.getType() == int.class
                    && Modifier.isStatic(field.getModifiers())
                    && !Modifier.isPrivate(field.getModifiers())
                    && field.getInt(null) != LiveProtocol.LOST) {
                codes.add(Integer.toString(field.getInt(null)));
            }
        }
        assertThat(AsyncApi.names(api.document.at("/channels/live/x-close-codes")))
                .containsExactlyInAnyOrderElementsOf(codes);
        assertThat(AsyncApi.names(api.document.at("/channels/live/x-error-codes")))
                .containsExactlyElementsOf(Stream.of(api.document.at("/components/schemas/Error/properties/code/enum"))
                        .flatMap(AsyncApiTest::texts)
                        .sorted()
                        .toList());
    }

    private static Stream<String> texts(JsonNode array) {
        var texts = Stream.<String>builder();
        array.forEach(item -> texts.add(item.asText()));
        return texts.build();
    }

    @Test
    void everyMessageHasAnExampleThatIsAsItsSchemaSays() {
        api.document.at("/components/messages").fields().forEachRemaining(message -> {
            assertThat(message.getValue().path("examples")).as(message.getKey()).isNotEmpty();
            message.getValue()
                    .path("examples")
                    .forEach(example -> assertThat(api.problems(message.getKey(), example.get("payload")))
                            .as(message.getKey())
                            .isEmpty());
        });
    }

    @Test
    void whatIsNotDescribedIsFound() {
        var example = api.document
                .at("/components/messages/inventory.alert/examples/0/payload")
                .deepCopy();
        ((com.fasterxml.jackson.databind.node.ObjectNode) example.get("payload")).put("onHnad", 1);
        assertThat(api.problems("inventory.alert", example)).isNotEmpty();
    }

    @Test
    void everyMessageOfAClientIsUnderstood() throws Exception {
        try (var socket = LiveSocket.open(address, "", "admin")) {
            // one after the other: a subscription that is ended before it has begun is never told to have begun
            var answers = Map.of("subscribe", "subscribed", "ping", "pong", "unsubscribe", "unsubscribed");
            for (var op : List.of("subscribe", "ping", "unsubscribe")) {
                var example = api.document.at("/components/messages/" + op + "/examples/0/payload");
                socket.send(example.toString());
                assertSaid(socket, Set.of(answers.get(op)));
            }
            var error = socket.send("{'op':'unsubscribe','id':'9'}").next("error");
            assertThat(api.problems("error", error)).isEmpty();
        }
    }

    @Test
    void aResetIsAsDescribed() throws Exception {
        try (var socket = LiveSocket.open(address, "?topics=product.*&after=" + Long.MAX_VALUE, "viewer")) {
            assertSaid(socket, Set.of("reset", "subscribed"));
        }
    }

    @Test
    void everythingThatARunningServiceTellsIsAsDescribed() throws Exception {
        var wanted = new TreeSet<>(types(EventScope.values()).toList());
        wanted.removeAll(NOT_PROVOKED);
        wanted.addAll(Set.of("subscribed", "alert"));
        try (var socket = LiveSocket.open(address, "?topics=*", "admin")) {
            socket.send("{'op':'subscribe','id':'2','topics':['admin.alert']}");
            var subscribed = socket.next("subscribed");
            assertThat(api.problems("subscribed", subscribed)).isEmpty();
            provokeAll();
            assertSaid(socket, wanted);
        }
    }

    /** Reads frames, holds each against the document, and ends once there was one of each of these. */
    private void assertSaid(LiveSocket socket, Set<String> wanted) throws InterruptedException {
        var missing = new TreeSet<>(wanted);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!missing.isEmpty()) {
            // heartbeats go on for ever
            assertThat(System.nanoTime()).as("still to come: %s", missing).isLessThan(end);
            var frame = socket.next();
            var name = frame.path(frame.has("op") ? "op" : "type").asText();
            assertThat(api.problems(name, frame))
                    .as("%s, still to come: %s", frame, missing)
                    .isEmpty();
            missing.remove(name);
        }
    }

    private void provokeAll() {
        var admin = Client.of("adam", "admin");
        var sku = Client.newSku("asyncapi-");
        admin.create(sku);
        admin.patch(sku, "{\"name\":\"Other\",\"tags\":[\"new\"]}");
        admin.publish(sku);
        admin.read(Client.newSku("not-there-"));
        admin.adjust(sku, 5);
        admin.threshold(sku, "{\"threshold\":7}");
        admin.request("{}").post("/api/products");
        admin.request("{\"kind\":\"queue.probe\",\"payload\":{\"steps\":2,\"stepMillis\":300}}")
                .post("/api/jobs");
        sync(sku);
        var context = RequestContext.system();
        events.emit(
                EventType.ERROR_INTEGRATION,
                sku,
                new IntegrationError("pms", sku, null, 503, true, "unavailable with status 503"),
                context);
        events.emit(EventType.ERROR_SYSTEM, "test", new SystemError("internal-error", "a test", "nothing"), context);
        alerts.raise(Alert.critical("test:" + UUID.randomUUID(), "Something happened", "here", sku, context));
        LiveSocket.open(address, "", "viewer").send("no JSON");
    }

    private static void sync(String sku) {
        var id = "msg_" + UUID.randomUUID();
        var body = "{\"lines\":[{\"sku\":\"" + sku + "\",\"onHand\":9}]}";
        long now = Clock.systemUTC().instant().getEpochSecond();
        given().contentType("application/json")
                .header(Webhook.ID, id)
                .header(Webhook.TIME, now)
                .header(Webhook.SIGNATURE, Signatures.of(id, now, body))
                .body(body)
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(200);
    }

    @Test
    void aStreamTellsTheSameAndItsResetIsAsDescribed() throws IOException, InterruptedException {
        var head = Client.editor().createTold(Client.newSku("asyncapi-"));
        var event = Client.json(data("?after=" + (head - 1)));
        assertThat(api.problems(event.path("type").asText(), event)).isEmpty();
        assertThat(api.problems("streamReset", Client.json(data("?after=" + (head + 1_000_000)))))
                .isEmpty();
    }

    private String data(String query) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address.resolve("/api/events/stream" + query))
                .header("Authorization", Tokens.bearer("vera", "viewer"))
                .build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines());
        try (var lines = answer.body()) {
            return lines.filter(line -> line.startsWith("data:"))
                    .map(line -> line.substring("data:".length()))
                    .findFirst()
                    .orElseThrow();
        }
    }
}

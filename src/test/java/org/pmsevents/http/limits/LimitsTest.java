package org.pmsevents.http.limits;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.websocket.LiveSocket;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.webhook.Signatures;

@QuarkusTest
@TestProfile(LimitsTest.Small.class)
class LimitsTest {
    private static final int IN_FLIGHT = 4;
    private static final int UNKNOWN_SENDERS = 2;
    private static final long LONGEST = 4 << 20;
    private static final int BURST = 20;
    private static final int PER_CLIENT = 2;
    private static final int ATTEMPTS = 30;

    /** A body that has been arriving for so long may be refused for any other. */
    private static final long SLOW_NANOS = Duration.ofSeconds(1).toNanos();

    private static final String PREFIX = "limits-" + UUID.randomUUID();

    /** Bounds that a test can reach soon. */
    public static final class Small implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "pms-events.limits.max-in-flight", Integer.toString(IN_FLIGHT),
                    "pms-events.limits.max-unknown-senders", Integer.toString(UNKNOWN_SENDERS),
                    "pms-events.limits.body-bytes", Long.toString(2 * LONGEST),
                    "pms-events.limits.body-timeout", "8s",
                    "pms-events.limits.requests-per-second", "1",
                    "pms-events.limits.burst", Integer.toString(BURST),
                    "pms-events.redis.prefix", PREFIX,
                    "pms-events.delivery.max-connections-per-client", Integer.toString(PER_CLIENT));
        }
    }

    @TestHTTPResource("/")
    URI server;

    @TestHTTPResource(value = "/health/live", management = true)
    URI health;

    private final MeterRegistry meters;
    private final Feed feed;
    private final Redis redis;
    private final List<Socket> open = new ArrayList<>();

    LimitsTest(MeterRegistry meters, Redis redis, Feed feed) {
        this.meters = meters;
        this.feed = feed;
        this.redis = redis;
    }

    private static String newClient() {
        return "client-" + UUID.randomUUID();
    }

    private static Response read(String client) {
        return given().header("Authorization", Tokens.bearer(client, "viewer")).get("/api/products?limit=1");
    }

    private double inFlight() {
        return meters.get("pms.limits.in.flight").gauge().value();
    }

    /** Sends a request but not the end of it. */
    private Socket begin(String request) throws IOException {
        var socket = new Socket(server.getHost(), server.getPort());
        open.add(socket);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Sends a webhook whose headers may be right, but not the end of its body. */
    private void beginWebhook(String length, String part) throws IOException {
        beginBody(
                "/webhooks/pms/stock",
                length + "\r\nwebhook-id: slow\r\nwebhook-timestamp: "
                        + Instant.now().getEpochSecond() + "\r\nwebhook-signature: v1,bm90aGluZw==",
                part);
    }

    private static int statusOfSignedWebhook() {
        var id = UUID.randomUUID().toString();
        var body = "{\"lines\":[{\"sku\":\"L\",\"onHand\":1}]}";
        long now = Instant.now().getEpochSecond();
        return given().contentType("application/json")
                .header("webhook-id", id)
                .header("webhook-timestamp", Long.toString(now))
                .header("webhook-signature", Signatures.of(id, now, body))
                .body(body)
                .post("/webhooks/pms/stock")
                .statusCode();
    }

    private Socket beginBody(String path, String length, String part) throws IOException {
        return beginBody(newClient(), path, length, part);
    }

    private Socket beginBody(String client, String path, String length, String part) throws IOException {
        return begin("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + length
                + "\r\nAuthorization: " + Tokens.bearer(client, "editor") + "\r\n\r\n" + part);
    }

    private static String answer(Socket socket) throws IOException {
        socket.setSoTimeout(30_000);
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private double bodyBytes() {
        return bodyBytes("known");
    }

    private double bodyBytes(String sender) {
        return meters.get("pms.limits.body.bytes").tag("sender", sender).gauge().value();
    }

    private static Response create(String client) {
        return given().header("Authorization", Tokens.bearer(client, "editor"))
                .contentType("application/json")
                .body(Client.product(Client.newSku("L")))
                .post("/api/products");
    }

    private void beginAsManyAsPossible() throws IOException {
        await().until(() -> inFlight() == 0);
        for (int i = 0; i < IN_FLIGHT; i++) {
            begin("POST /api/products HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
                    + "Authorization: " + Tokens.bearer(newClient(), "editor") + "\r\n\r\n{");
        }
        await().until(() -> inFlight() == IN_FLIGHT);
    }

    @AfterEach
    void leave() throws IOException {
        for (var socket : open) {
            socket.close();
        }
        await().until(() -> inFlight() == 0);
    }

    @Test
    void whatIsOverTheBoundIsRefusedUntilSomebodyLeaves() throws IOException {
        beginAsManyAsPossible();
        for (int i = 0; i < 3; i++) {
            read(newClient())
                    .then()
                    .statusCode(503)
                    .header("Retry-After", "1")
                    .header("Content-Type", "application/problem+json")
                    .body("code", equalTo("too-busy"));
        }
        // also a client who goes away in the middle gives its place back
        open.get(0).close();
        await().until(() -> read(newClient()).statusCode() == 200);
    }

    @Test
    void whoeverIsNotKnownCantKeepOthersOutBySendingSlowly() throws IOException {
        await().until(() -> inFlight() == 0);
        for (int i = 0; i < UNKNOWN_SENDERS; i++) {
            beginWebhook("Content-Length: 9", "{");
        }
        await().until(() -> bodyBytes("unknown") == UNKNOWN_SENDERS * 9);
        assertThat(create(newClient()).statusCode()).isEqualTo(201);

        await().until(() -> statusOfSignedWebhook() == 200);

        await().until(() -> bodyBytes("unknown") == (UNKNOWN_SENDERS - 1) * 9);
        assertThat(answer(open.get(0))).startsWith("HTTP/1.1 408 ").contains("request-timeout");
    }

    @Test
    void aBodyThatIsOnlyAnnouncedTakesNoMemory() throws IOException {
        await().until(() -> inFlight() == 0 && bodyBytes("unknown") == 0);
        beginWebhook("Content-Length: " + LONGEST, "{");
        await().until(() -> bodyBytes("unknown") == 1);

        assertThat(statusOfSignedWebhook()).isEqualTo(200);
        // its own memory is given back when its answer has been written, which may be after it was read
        await().until(() -> bodyBytes("unknown") == 1);
    }

    @Test
    void aWebhookThatCantBeSignedIsRefusedBeforeItsBody() throws IOException {
        var socket = beginBody("/webhooks/pms/stock", "Content-Length: " + LONGEST, "");

        assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                .isEqualTo("HTTP/1.1 401");
        assertThat(bodyBytes("unknown")).isZero();
    }

    @Test
    void bodiesHaveSoMuchMemoryTogetherWhetherTheySayHowLongTheyAreOrNot() throws IOException {
        await().until(() -> bodyBytes() == 0);
        long part = LONGEST / 2;
        beginBody("/api/products", "Content-Length: " + part, "x".repeat((int) part - 10));
        await().until(() -> bodyBytes() == part - 10);
        var chunk = "x".repeat((int) part - 10);
        beginBody(
                "/api/products",
                "Transfer-Encoding: chunked",
                Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n");
        await().until(() -> bodyBytes() == LONGEST - 20);
        assertThat(read(newClient()).statusCode()).isEqualTo(200);
        given().contentType("application/json")
                .body("{}")
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(401);
        // full: whoever has been arriving for longest goes, once that has been for a second
        await().until(() -> create(newClient()).statusCode() == 201);
        await().until(() -> bodyBytes() == part - 10);
        assertThat(answer(open.get(0))).startsWith("HTTP/1.1 408 ");
    }

    /** Where the machine is so slow that the first of its bodies has been arriving for a second, that one goes, and it is tried again. */
    @Test
    void aClientThatHasMoreThanHalfOfTheMemoryMakesRoomForOthers() throws IOException {
        boolean latestWent = false;
        for (int i = 0; i < ATTEMPTS && !latestWent; i++) {
            latestWent = theLatestGoes(newClient());
        }
        assertThat(latestWent)
                .as("the latest body of the client that had more than half was refused")
                .isTrue();
    }

    /** Fills the memory by two bodies of one client; returns whether another client's body took the place of the latest or of the first. */
    private boolean theLatestGoes(String greedy) throws IOException {
        await().until(() -> bodyBytes() == 0);
        int part = (int) LONGEST / 2;
        long begun = System.nanoTime();
        var body = "x".repeat(part - 10);
        try (var first = beginBody(greedy, "/api/products", "Content-Length: " + LONGEST, body)) {
            await().until(() -> bodyBytes() == part - 10);
            try (var latest = beginBody(greedy, "/api/products", "Content-Length: " + LONGEST, body)) {
                await().until(() -> bodyBytes() == LONGEST - 20);

                assertThat(create(newClient()).statusCode()).isEqualTo(201);
                await().until(() -> isAnswered(first) || isAnswered(latest));
                boolean latestWent = isAnswered(latest);
                assertThat(latestWent || System.nanoTime() - begun > SLOW_NANOS)
                        .as("the first went only if it had been arriving for a second")
                        .isTrue();
                assertThat(answered(latestWent ? latest : first))
                        .isEqualTo(latestWent ? "HTTP/1.1 503" : "HTTP/1.1 408");
                await().until(() -> bodyBytes() == part - 10);
                return latestWent;
            }
        }
    }

    private static boolean isAnswered(Socket socket) throws IOException {
        return socket.getInputStream().available() > 0;
    }

    private static String answered(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    @Test
    void whoGoesAwayWhileHisTokenOrRateIsJudgedTakesNothingWithHim() throws IOException {
        await().until(() -> inFlight() == 0);
        for (int i = 0; i < 50; i++) {
            beginBody("/api/products", "Content-Length: " + LONGEST, "").close();
        }
        // the last of them may not have been accepted yet
        await().until(() -> create(newClient()).statusCode() == 201);
        await().until(() -> inFlight() == 0 && bodyBytes() == 0);
    }

    @Test
    void whoWaitsToBeToldToGoOnIsTold() throws IOException {
        var sku = Client.newSku("L");
        var socket = beginBody(
                "/api/products", "Expect: 100-continue\r\nConnection: close\r\nTransfer-Encoding: chunked", "");
        socket.setSoTimeout(30_000);
        var told = new String(socket.getInputStream().readNBytes(25), StandardCharsets.US_ASCII);
        assertThat(told).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
        var body = Client.product(sku);
        socket.getOutputStream()
                .write((Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        assertThat(answer(socket)).startsWith("HTTP/1.1 201 ");
    }

    @Test
    void aBodyThatTakesTooLongIsRefusedAndItsConnectionClosed() throws IOException {
        var known = beginBody("/api/products", "Content-Length: 9", "1\r\n");
        var chunked = beginBody("/api/products", "Transfer-Encoding: chunked", "1\r\n");
        for (var socket : List.of(known, chunked)) {
            assertThat(answer(socket))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("request-timeout")
                    .containsIgnoringCase("connection: close");
        }
        await().until(() -> bodyBytes() == 0);
    }

    @Test
    void aBodyThatNobodyReadsIsNotKept() throws IOException {
        var part = "x".repeat((int) LONGEST / 2);
        var socket =
                begin("POST /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + Integer.toHexString(part.length()) + "\r\n" + part + "\r\n0\r\n\r\n");
        assertThat(answer(socket)).startsWith("HTTP/1.1 404 ");
        assertThat(bodyBytes()).isZero();
    }

    @Test
    void healthIsAnsweredHoweverMuchThereIsToDo() throws IOException {
        beginAsManyAsPossible();
        assertThat(given().get(health).statusCode()).isEqualTo(200);
    }

    @Test
    void streamsAndSocketsHoldNoPlace() throws Exception {
        await().until(() -> inFlight() == 0);
        for (int i = 0; i < IN_FLIGHT + 1; i++) {
            beginStream(newClient());
            assertThat(status()).isEqualTo(200);
            await().until(() -> inFlight() == 0);
        }
        try (var socket = LiveSocket.openWith(server.resolve("/ws"), "", Tokens.of(newClient(), "viewer"))) {
            socket.subscribe("1", "product.*").next("subscribed");
            assertThat(inFlight()).isZero();
        }
    }

    private void beginStream(String client) throws IOException {
        begin("GET /api/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: " + Tokens.bearer(client, "viewer")
                + "\r\n\r\n");
    }

    /** Of the request that was begun last. */
    private int status() throws IOException {
        var line = new String(open.get(open.size() - 1).getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        return Integer.parseInt(line.substring(9));
    }

    @Test
    void aClientMayHaveSoManyStreams() throws IOException {
        var client = newClient();
        for (int i = 0; i < PER_CLIENT; i++) {
            beginStream(client);
            assertThat(status()).isEqualTo(200);
        }
        beginStream(client);
        assertThat(status()).isEqualTo(429);
        beginStream(newClient());
        assertThat(status()).isEqualTo(200);
        open.get(0).close();
        await().until(() -> {
            beginStream(client);
            return status() == 200;
        });
    }

    @Test
    void aClientMayHaveSoManySockets() {
        var token = Tokens.of(newClient(), "viewer");
        var sockets = new ArrayList<LiveSocket>();
        try {
            for (int i = 0; i < PER_CLIENT; i++) {
                sockets.add(LiveSocket.openWith(server.resolve("/ws"), "", token));
            }
            await().untilAsserted(() -> assertThatThrownBy(() -> LiveSocket.openWith(server.resolve("/ws"), "", token))
                    .cause()
                    .isInstanceOfSatisfying(WebSocketHandshakeException.class, refusal -> {
                        assertThat(refusal.getResponse().statusCode()).isEqualTo(429);
                        assertThat(refusal.getResponse().headers().firstValue("Retry-After"))
                                .isPresent();
                    }));
            sockets.add(LiveSocket.openWith(server.resolve("/ws"), "", Tokens.of(newClient(), "viewer")));
        } finally {
            sockets.forEach(LiveSocket::close);
        }
    }

    @Test
    void aClientWhoAsksTooOftenIsToldWhenToComeBack() {
        var client = newClient();
        long began = System.nanoTime();
        int passed = 0;
        var answer = read(client);
        while (answer.statusCode() == 200) {
            passed++;
            answer = read(client);
        }
        long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
        answer.then()
                .statusCode(429)
                .header("Content-Type", "application/problem+json")
                .header("Retry-After", "1")
                .body("code", equalTo("too-many-requests"));
        assertThat(passed).isBetween(BURST, BURST + (int) seconds + 1);
        assertThat(read(newClient()).statusCode()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(5)).until(() -> read(client).statusCode() == 200);
        var left = redis.send(Request.cmd(Command.PTTL).arg(PREFIX + ":rate:" + feed.id() + ":subject:" + client))
                .await()
                .atMost(Duration.ofSeconds(5));
        assertThat(left.toLong()).isBetween(1L, BURST * 1_000L + 1);
    }

    @Test
    void whoeverHasNoGoodTokenIsKnownByAddressAndCantPretendAnother() {
        for (int i = 0; i < BURST; i++) {
            pretending(i).post("/webhooks/pms/stock");
        }
        await().until(() -> pretending(1).post("/webhooks/pms/stock").statusCode() == 429);
        await().until(() -> pretending(2).get("/api/products").statusCode() == 429);
        await().until(() -> pretending(3)
                        .header("Authorization", "Bearer nonsense")
                        .get("/api/products")
                        .statusCode()
                == 429);
    }

    private static RequestSpecification pretending(int address) {
        return given().header("X-Forwarded-For", "192.0.2." + address).header("Forwarded", "for=192.0.2." + address);
    }
}

package org.pmsevents.delivery.websocket;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.restassured.response.Response;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.security.Tokens;

/** What a replica does from SIGTERM to its end; each test has one of its own. */
@Tag("native")
class LiveShutdownIT {
    private static final Duration READY = Duration.ofSeconds(60);

    private static final Map<String, String> QUICK_DRAIN =
            Map.of("PMS_EVENTS_DELIVERY_DRAIN", "1s", "QUARKUS_SHUTDOWN_TIMEOUT", "10m");

    @Test
    void everyWebSocketIsClosedWith1012AndTheReplicaEndsWithThem() throws Exception {
        try (var cluster = new Cluster(QUICK_DRAIN)) {
            var replica = startReady(cluster);
            var address = replica.address().resolve("/ws");
            try (var gone = LiveSocket.open(address, "?topics=*", "viewer")) {
                gone.next("subscribed");
            }
            var sockets = IntStream.range(0, 20)
                    .mapToObj(i -> LiveSocket.open(address, "?topics=*", "viewer"))
                    .toList();
            try {
                for (var socket : sockets) {
                    socket.next("subscribed");
                }
                // it would last for the ten minutes of the timeout if it waited for a WebSocket that is closed
                assertThat(replica.terminate()).isIn(0, 143);
                for (var socket : sockets) {
                    assertThat(socket.closed().code()).isEqualTo(1012);
                    assertThat(socket.closed().reason()).contains("resume after");
                }
            } finally {
                sockets.forEach(LiveSocket::close);
            }
        }
    }

    @Test
    void aReplicaThatDrainsAnswersRequestsAndSendsWhatLastsLongerElsewhere() throws Exception {
        var settings = Map.of("QUARKUS_SHUTDOWN_DELAY", "60s", "PMS_EVENTS_DELIVERY_DRAIN", "1h");
        try (var cluster = new Cluster(settings)) {
            var replica = startReady(cluster);
            var address = replica.address().resolve("/ws");
            try (var open = LiveSocket.open(address, "", "viewer")) {
                open.send("{'op':'ping'}").next("pong");
                replica.askToEnd();
                await("it is not ready").atMost(READY).until(() -> !replica.isReady());

                get(replica, "/api/products").then().statusCode(200).header("Connection", equalTo("close"));
                get(replica, "/api/events/stream")
                        .then()
                        .statusCode(503)
                        .header("Retry-After", "1")
                        .body("code", equalTo("restarting"));
                assertThatThrownBy(() -> LiveSocket.open(address, "?topics=*", "viewer"))
                        .hasCauseInstanceOf(WebSocketHandshakeException.class)
                        .satisfies(refused -> {
                            var answer = ((WebSocketHandshakeException) refused.getCause()).getResponse();
                            assertThat(answer.statusCode()).isEqualTo(503);
                            assertThat(answer.headers().firstValue("Retry-After"))
                                    .contains("1");
                        });
                open.send("{'op':'ping'}").next("pong");
                assertThat(open.subscribe("late", "product.*").closed().code()).isEqualTo(1012);
            }
        }
    }

    @Test
    void aConnectionThatStaysIdleIsClosedBeforeTheReplicaStopsToAnswer() throws Exception {
        // idle connections are closed after 16 s of it, and others accepted for 19 s
        var settings = Map.of("QUARKUS_SHUTDOWN_DELAY", "20s", "PMS_EVENTS_DELIVERY_DRAIN", "1s");
        try (var cluster = new Cluster(settings)) {
            var replica = startReady(cluster);
            try (var idle = connectAndAsk(replica)) {
                replica.askToEnd();

                assertThat(idle.getInputStream().read()).as("end of the stream").isEqualTo(-1);

                get(replica, "/api/products").then().statusCode(200).header("Connection", equalTo("close"));
            }
        }
    }

    @Test
    void aWebSocketOnAConnectionThatHadRequestsBeforeIsNoIdleConnection() throws Exception {
        var settings = Map.of(
                "QUARKUS_SHUTDOWN_DELAY", "10s",
                "PMS_EVENTS_DELIVERY_DRAIN", "24h",
                "PMS_EVENTS_DELIVERY_HEARTBEAT", "10m");
        try (var cluster = new Cluster(settings)) {
            var replica = startReady(cluster);
            try (var idle = connectAndAsk(replica);
                    var socket = connectAndAsk(replica)) {
                ask(socket, "GET /ws", """
                        Connection: Upgrade
                        Upgrade: websocket
                        Sec-WebSocket-Version: 13
                        Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==
                        """, "HTTP/1.1 101");
                // one that is still being opened would be sent away at once
                assertAnswersPing(socket);
                replica.askToEnd();
                assertThat(idle.getInputStream().read()).as("end of the stream").isEqualTo(-1);
                assertAnswersPing(socket);
            }
        }
    }

    /** Frames of RFC 6455, section 5.2: a text, that of the client masked by zeros. */
    private static void assertAnswersPing(Socket socket) throws IOException {
        var ping = "{\"op\":\"ping\"}".getBytes(US_ASCII);
        var frame = ByteBuffer.allocate(6 + ping.length);
        frame.put((byte) 0x81).put((byte) (0x80 | ping.length)).putInt(0).put(ping);
        socket.getOutputStream().write(frame.array());
        var in = socket.getInputStream();
        assertThat(in.read()).as("kind of the frame").isEqualTo(0x81);
        assertThat(new String(in.readNBytes(in.read()), US_ASCII)).contains("pong");
    }

    /** Returns a connection that has had its answer and may be used for the next request. */
    private static Socket connectAndAsk(Replica replica) throws IOException {
        var address = replica.address();
        var socket = new Socket(address.getHost(), address.getPort());
        socket.setSoTimeout((int) READY.toMillis());
        assertThat(ask(socket, "HEAD /api/products", "", "HTTP/1.1 200")).doesNotContain("close");
        return socket;
    }

    /** Sends a request, and returns the head of the answer. */
    private static String ask(Socket socket, String what, String headers, String status) throws IOException {
        var request = what + " HTTP/1.1\r\nHost: any\r\nAuthorization: " + Tokens.bearer("anna", "viewer") + "\r\n"
                + headers.replace("\n", "\r\n") + "\r\n";
        socket.getOutputStream().write(request.getBytes(US_ASCII));
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as("read after %s", head).isNotNegative();
            head.append((char) next);
        }
        assertThat(head.toString()).startsWith(status);
        return head.toString();
    }

    private static Replica startReady(Cluster cluster) {
        var replica = cluster.start(0);
        await().atMost(READY).until(replica::isReady);
        return replica;
    }

    private static Response get(Replica replica, String path) {
        URI address = replica.address();
        return given().baseUri(address.toString())
                .header("Authorization", Tokens.bearer("anna", "viewer"))
                .get(path);
    }
}

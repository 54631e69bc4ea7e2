package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.EventStream;
import org.pmsevents.event.EventType;
import org.pmsevents.http.security.Tokens;

@QuarkusTest
@TestProfile(LiveLimitsTest.SmallBounds.class)
class LiveLimitsTest {
    private static final int QUEUED = 1024 * 1024;
    private static final int CONNECTIONS = 6;
    private static final int CATCH_UP = 1024 * 1024;
    private static final int UNREAD = 1024 * 1024;

    /** Bounds that a test can reach soon. */
    public static final class SmallBounds implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "pms-events.delivery.heartbeat",
                    "300ms",
                    "pms-events.delivery.max-queued-bytes",
                    Integer.toString(QUEUED),
                    "pms-events.delivery.drop-after",
                    "1s",
                    "pms-events.delivery.max-messages-per-ten-seconds",
                    "20",
                    "pms-events.delivery.max-subscriptions",
                    "2",
                    "pms-events.delivery.max-connections",
                    Integer.toString(CONNECTIONS),
                    "pms-events.feed.catch-up-bytes",
                    Integer.toString(CATCH_UP),
                    "pms-events.limits.unread-bytes",
                    Integer.toString(UNREAD));
        }
    }

    @TestHTTPResource("/ws")
    URI address;

    private final TestFeed feed;
    private final MeterRegistry meters;

    LiveLimitsTest(TestFeed feed, MeterRegistry meters) {
        this.feed = feed;
        this.meters = meters;
    }

    private LiveSocket viewer() {
        noConnections();
        return LiveSocket.open(address, "", "viewer");
    }

    private void noConnections() {
        await().until(() -> gauge("pms.websocket.connections") == 0);
    }

    private double gauge(String name) {
        return meters.get(name).gauge().value();
    }

    @Test
    void anIdleConnectionIsToldThePosition() throws Exception {
        try (var socket = viewer()) {
            socket.subscribe("1", "product.published").next("subscribed");
            feed.write("beat-" + UUID.randomUUID(), 3);
            long head = feed.head();
            var position = socket.next();
            while (position.path("position").longValue() < head) {
                assertThat(position.path("op").asText()).isEqualTo("position");
                position = socket.next();
            }
            assertThat(position.path("position").longValue()).isEqualTo(head);
        }
    }

    @Test
    void tooManyMessagesCloseWith4429() throws Exception {
        try (var socket = viewer()) {
            for (int i = 0; i < 21; i++) {
                socket.send("{'op':'ping'}");
            }
            assertThat(socket.closed().code()).isEqualTo(4429);
        }
    }

    @Test
    void tooManySubscriptionsAreRefused() throws Exception {
        try (var socket = viewer()) {
            socket.subscribe("1", "*").subscribe("2", "*").subscribe("3", "*");
            assertThat(socket.errorCode()).isEqualTo("too-many-subscriptions");
        }
    }

    @Test
    void tooManyConnectionsAreRefusedWith503() {
        noConnections();
        var sockets = new ArrayList<LiveSocket>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                sockets.add(LiveSocket.open(address, "", "viewer"));
            }
            await().until(() -> gauge("pms.websocket.connections") == CONNECTIONS);
            assertThatThrownBy(() -> LiveSocket.open(address, "", "viewer"))
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(WebSocketHandshakeException.class, refusal -> {
                        assertThat(refusal.getResponse().statusCode()).isEqualTo(503);
                        assertThat(refusal.getResponse().headers().firstValue("content-type"))
                                .contains("application/problem+json");
                    });
        } finally {
            sockets.forEach(LiveSocket::close);
        }
    }

    @Test
    void aClientThatDoesNotReadIsDroppedAndHarmsNobody() throws Exception {
        noConnections();
        try (var reader = LiveSocket.open(address, "?topics=product.*", "viewer");
                var stuck = stuckClient("/ws?topics=product.*")) {
            reader.next("subscribed");
            await().until(() -> gauge("pms.websocket.connections") == 2);
            var sku = "big-" + UUID.randomUUID();
            int written = 0;
            double mostQueued = 0;
            // what the kernels take in between differs, so written until it is full
            while (gauge("pms.websocket.connections") == 2 && written < 4_000) {
                feed.write(EventType.PRODUCT_UPDATED, sku, 20, "x".repeat(16 * 1024));
                written += 20;
                mostQueued = Math.max(mostQueued, gauge("pms.websocket.queued.bytes"));
            }
            await().atMost(Duration.ofSeconds(10)).until(() -> gauge("pms.websocket.connections") == 1);
            assertThat(mostQueued).isLessThan(2.0 * QUEUED);
            for (int i = 0; i < written; i++) {
                assertThat(reader.nextNews().at("/metadata/subject").asText()).isEqualTo(sku);
            }
            assertThat(stuck.isConnected()).isTrue();
        }
    }

    @Test
    void aClientThatDoesNotReadItsCatchUpIsDropped() throws Exception {
        noConnections();
        long after = feed.head();
        feed.write(EventType.PRODUCT_UPDATED, "big-" + UUID.randomUUID(), 900, "x".repeat(16 * 1024));
        try (var stuck = stuckClient("/ws?topics=*&after=" + after)) {
            await().until(() -> gauge("pms.websocket.connections") == 1);
            noConnections();
            assertThat(stuck.isConnected()).isTrue();
        }
    }

    @Test
    void readersThatNeverReadMakeRoomForOthers() throws Exception {
        long after = feed.head();
        feed.write(EventType.PRODUCT_UPDATED, "big-" + UUID.randomUUID(), 500, "x".repeat(16 * 1024));
        var stuck = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 4; i++) {
                stuck.add(stuckReader("/api/events/stream?after=" + after));
            }
            await().until(() -> gauge("pms.feed.catch.up.bytes") > CATCH_UP);
            try (var reader = EventStream.open(address.resolve("/"), "?after=" + after, "")) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> reader.events().size() >= 500);
                assertThat(gauge("pms.stream.connections")).isLessThan(1 + stuck.size());
            }
        } finally {
            for (var socket : stuck) {
                socket.close();
            }
        }
    }

    @Test
    void pagesThatNobodyReadsMakeRoomForOthers() throws Exception {
        var page = "/api/events?limit=500&after=" + feed.head();
        feed.write(EventType.PRODUCT_UPDATED, "big-" + UUID.randomUUID(), 500, "x".repeat(16 * 1024));
        try (var stuck = stuck(page, "Accept: application/json", "HTTP/1.1 200")) {
            await().until(() -> gauge("pms.limits.unread.bytes") > UNREAD);
            // 503 until it has been unread for long enough
            await().until(() -> {
                var answer = Client.of("vera", "viewer").request().get(page);
                // a body that is not asked for is not read
                return answer.asByteArray().length > 0 && answer.statusCode() == 200;
            });
            await().until(() -> gauge("pms.limits.unread.bytes") < UNREAD);
            assertThat(stuck.isConnected()).isTrue();
        }
    }

    private Socket stuckClient(String target) throws IOException {
        return stuck(
                target,
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                        + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "HTTP/1.1 101");
    }

    private Socket stuckReader(String target) throws IOException {
        return stuck(target, "Accept: text/event-stream", "HTTP/1.1 200");
    }

    /** Opens a connection by hand, with a small receive buffer, and never reads what comes after the status. */
    private Socket stuck(String target, String headers, String status) throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4 * 1024);
        socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
        var request = "GET " + target + " HTTP/1.1\r\nHost: " + address.getAuthority() + "\r\n" + headers
                + "\r\nAuthorization: " + Tokens.bearer("stuck", "viewer") + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                .isEqualTo(status);
        return socket;
    }
}

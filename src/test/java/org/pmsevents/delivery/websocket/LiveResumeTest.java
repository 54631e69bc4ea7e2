package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.event.EventType;
import org.pmsevents.http.security.Tokens;

@QuarkusTest
class LiveResumeTest {
    @TestHTTPResource("/ws")
    URI address;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final TestFeed feed;
    private final Vertx vertx;

    LiveResumeTest(TestFeed feed, Vertx vertx) {
        this.feed = feed;
        this.vertx = vertx;
    }

    private static String sku() {
        return "resume-" + UUID.randomUUID();
    }

    private LiveSocket after(long position) {
        return LiveSocket.open(address, "?topics=*&after=" + position, "viewer");
    }

    /** The positions of the events up to the last one, which has to come. */
    private static List<Long> positionsUpTo(long last, LiveSocket socket) throws InterruptedException {
        var positions = new ArrayList<Long>();
        while (positions.isEmpty() || positions.get(positions.size() - 1) < last) {
            var frame = socket.nextNews();
            var messages = frame.isArray() ? frame : List.of(frame);
            for (JsonNode message : messages) {
                if (message.has("type")) {
                    positions.add(message.at("/metadata/position").longValue());
                }
            }
        }
        return positions;
    }

    private static List<Long> all(long after, long last) {
        return LongStream.rangeClosed(after + 1, last).boxed().toList();
    }

    @Test
    void aLongCatchUpBringsEveryPositionOnceWhileMoreIsWritten() throws Exception {
        long after = feed.head();
        feed.write(sku(), 1_300);
        var more = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 30; i++) {
                feed.write(sku(), 10);
            }
        });
        try (var socket = after(after)) {
            more.join();
            long last = feed.head();
            assertThat(last).isGreaterThanOrEqualTo(after + 1_600);
            assertThat(positionsUpTo(last, socket)).isEqualTo(all(after, last));
        }
    }

    @Test
    void hundredsOfSubscribersEachGetTheFeedFromTheirOwnPosition() throws Exception {
        int subscribers = 300;
        long first = feed.head();
        feed.write(sku(), subscribers * 4);
        var more = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 40; i++) {
                feed.write(sku(), 5);
            }
        });
        var client = vertx.createWebSocketClient(new WebSocketClientOptions()
                .setMaxConnections(500)
                .setMaxFrameSize(1 << 20)
                .setMaxMessageSize(1 << 20));
        var crowd = new ArrayList<Follower>();
        for (int i = 0; i < subscribers; i++) {
            crowd.add(new Follower(client, first + i * 4L));
        }
        try {
            more.join();
            long last = feed.head();
            await().atMost(Duration.ofSeconds(60)).until(() -> crowd.stream().allMatch(each -> each.last() >= last));
            for (var follower : crowd) {
                assertThat(follower.positions()).isEqualTo(all(follower.after, last));
            }
        } finally {
            crowd.forEach(Follower::close);
        }
    }

    /** One of many, on the Vert.x client, which needs no threads for them. */
    private final class Follower {
        private final long after;
        private final List<Long> positions = Collections.synchronizedList(new ArrayList<>());
        private final Future<WebSocket> socket;

        Follower(WebSocketClient client, long after) {
            this.after = after;
            // set before there is a connection: what comes while nobody takes it is dropped
            this.socket = client.webSocket()
                    .textMessageHandler(this::take)
                    .connect(new WebSocketConnectOptions()
                            .setHost(address.getHost())
                            .setPort(address.getPort())
                            .setURI("/ws?batch=true&topics=*&after=" + after)
                            .addHeader("Authorization", Tokens.bearer("listener", "viewer")));
        }

        private void take(String frame) {
            try {
                var message = JSON.readTree(frame);
                for (JsonNode each : message.isArray() ? message : List.of(message)) {
                    if (each.has("type")) {
                        positions.add(each.at("/metadata/position").longValue());
                    } else if (each.path("code").asText().equals("unavailable")) {
                        // with so many at once on one event loop the first read may take longer than it may
                        socket.onSuccess(this::subscribeAgain);
                    }
                }
            } catch (JsonProcessingException e) {
                positions.add(-1L);
            }
        }

        private void subscribeAgain(WebSocket open) {
            open.writeTextMessage(
                    "{\"op\":\"subscribe\",\"id\":\"again\",\"topics\":[\"*\"],\"after\":" + last() + "}");
        }

        List<Long> positions() {
            synchronized (positions) {
                return List.copyOf(positions);
            }
        }

        long last() {
            synchronized (positions) {
                return positions.isEmpty() ? after : positions.get(positions.size() - 1);
            }
        }

        void close() {
            socket.onSuccess(WebSocket::close);
        }
    }

    /** 800 events of 16 KiB are more than may wait for a client, but nothing waits for long: it takes them. */
    @Test
    void aCatchUpOfLargeEventsIsNotMistakenForASlowClient() throws Exception {
        long after = feed.head();
        feed.write(EventType.PRODUCT_UPDATED, sku(), 800, "x".repeat(16 * 1024));
        long last = feed.head();
        try (var socket = after(after)) {
            assertThat(positionsUpTo(last, socket)).isEqualTo(all(after, last));
        }
    }

    @Test
    void aPositionThatNeverWasIsResetToTheHead() throws Exception {
        long head = feed.head();
        try (var socket = after(head + 1_000_000)) {
            var reset = socket.next();
            assertThat(reset.path("op").asText()).isEqualTo("reset");
            assertThat(reset.path("id").asText()).isEqualTo("query");
            assertThat(reset.path("head").longValue()).isEqualTo(head);
            assertThat(socket.next().path("op").asText()).isEqualTo("subscribed");
            feed.write(sku(), 1);
            assertThat(positionsUpTo(head + 1, socket)).containsExactly(head + 1);
        }
    }

    @Test
    void aPositionOfAnotherEpochIsResetAndOneOfThisEpochIsNot() throws Exception {
        long head = feed.head();
        String epoch;
        try (var socket = after(head)) {
            epoch = socket.next("subscribed").path("epoch").textValue();
        }
        try (var socket = LiveSocket.open(address, "?topics=product.*&after=" + head + "&epoch=another", "viewer")) {
            assertThat(socket.next().path("op").asText()).isEqualTo("reset");
        }
        try (var socket = LiveSocket.open(address, "", "viewer")) {
            socket.send(
                    "{'op':'subscribe','id':'1','topics':['product.*'],'after':" + head + ",'epoch':'" + epoch + "'}");
            assertThat(socket.next().path("op").asText()).isEqualTo("subscribed");
        }
    }

    @Test
    void aPositionThatIsNoLongerKeptIsResetToWhatComesNow() throws Exception {
        long early = feed.head();
        feed.write(sku(), 20);
        feed.prune(early + 10);
        long head = feed.head();
        try (var socket = after(early + 5)) {
            var reset = socket.next();
            assertThat(reset.path("op").asText()).isEqualTo("reset");
            assertThat(reset.path("oldest").longValue()).isEqualTo(early + 11);
            assertThat(socket.next().path("position").longValue()).isEqualTo(head);
            feed.write(sku(), 1);
            assertThat(positionsUpTo(head + 1, socket)).containsExactly(head + 1);
        }
        try (var socket = after(early + 10)) {
            assertThat(socket.next().path("position").longValue()).isEqualTo(early + 10);
            assertThat(positionsUpTo(head + 1, socket)).isEqualTo(all(early + 10, head + 1));
        }
    }

    @Test
    void afterZeroBeginsWithTheOldestEventThatIsKept() throws Exception {
        feed.write(sku(), 2);
        feed.prune(feed.head() - 1);
        long head = feed.head();
        try (var socket = after(0)) {
            assertThat(socket.next().path("position").longValue()).isZero();
            assertThat(positionsUpTo(head, socket)).containsExactly(head);
        }
    }
}

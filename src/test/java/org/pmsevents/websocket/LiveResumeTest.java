package org.pmsevents.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.event.EventType;

@QuarkusTest
class LiveResumeTest {
    @TestHTTPResource("/ws")
    URI address;

    private final TestFeed feed;

    LiveResumeTest(TestFeed feed) {
        this.feed = feed;
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
        var sockets = new ArrayList<LiveSocket>();
        try {
            for (int i = 0; i < subscribers; i++) {
                sockets.add(LiveSocket.open(address, "?batch=true&topics=*&after=" + (first + i * 4L), "viewer"));
            }
            more.join();
            long last = feed.head();
            for (int i = 0; i < subscribers; i++) {
                assertThat(positionsUpTo(last, sockets.get(i))).isEqualTo(all(first + i * 4L, last));
            }
        } finally {
            sockets.forEach(LiveSocket::close);
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

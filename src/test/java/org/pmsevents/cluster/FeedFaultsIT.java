package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.pmsevents.delivery.websocket.FeedClient;
import org.pmsevents.http.security.Tokens;

/**
 * The promise of the feed, kept by real processes under what happens to real processes: positions 1 to n with none missing or
 * doubled, each product's events in their order, every subscriber complete.
 */
@Tag("native")
@Tag("native-suffices")
class FeedFaultsIT {
    private static final Duration SETTLED = Duration.ofSeconds(30);
    private static final List<Integer> PORTS = List.of(Cluster.freePort(), Cluster.freePort());

    private static Cluster cluster;
    private static Connection database;
    private static StoredFeed feed;
    private static final Replica[] REPLICAS = new Replica[2];

    private long begin;
    private Writers writers;
    private List<Subscriber> subscribers;

    /** A reference client with what it was told. */
    private static final class Subscriber implements AutoCloseable {
        private final List<Long> positions = Collections.synchronizedList(new ArrayList<>());
        private final FeedClient client;

        Subscriber(long after, Integer... ports) {
            client = FeedClient.of(Stream.of(ports)
                            .map(port -> URI.create("ws://127.0.0.1:" + port + "/ws?batch=true"))
                            .toList())
                    .token(() -> Tokens.of("subscriber", "viewer"))
                    .heartbeat(Duration.ofSeconds(1))
                    .topics("product.*")
                    .after(after)
                    .start(this::take);
        }

        private void take(JsonNode event) {
            positions.add(event.path("metadata").path("position").longValue());
        }

        long position() {
            return client.position();
        }

        List<Long> positions() {
            synchronized (positions) {
                return List.copyOf(positions);
            }
        }

        @Override
        public void close() {
            client.close();
        }
    }

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of("PMS_EVENTS_DELIVERY_HEARTBEAT", "1s"));
        database = cluster.database();
        for (int i = 0; i < REPLICAS.length; i++) {
            REPLICAS[i] = cluster.start(PORTS.get(i));
        }
        feed = new StoredFeed(database);
    }

    @AfterAll
    static void stopCluster() throws Exception {
        database.close();
        cluster.close();
    }

    @BeforeEach
    void writeAndListen(TestInfo test) throws Exception {
        begin = feed.head();
        writers = new Writers(
                test.getTestMethod().orElseThrow().getName(), List.of(REPLICAS[0].address(), REPLICAS[1].address()), 4);
        subscribers = List.of(
                new Subscriber(begin, PORTS.get(0)),
                new Subscriber(begin, PORTS.get(1)),
                new Subscriber(begin, PORTS.get(0), PORTS.get(1)));
    }

    @AfterEach
    void closeSubscribers() {
        subscribers.forEach(Subscriber::close);
    }

    @Test
    void nothingIsLostWhenReplicasAreKilled() throws Exception {
        var random = new Random(1);
        for (int round = 0; round < 4; round++) {
            awaitWritten(60 + random.nextInt(100));
            int victim = round % 2;
            REPLICAS[victim].kill();
            awaitWritten(20);
            REPLICAS[victim] = cluster.start(PORTS.get(victim));
        }
        awaitWritten(100);

        assertNothingIsLost();
    }

    @Test
    void nothingIsLostWhenRedisStopsAndComesBackEmpty() throws Exception {
        awaitWritten(200);
        cluster.stopRedis();
        awaitWritten(200);
        assertThat(feed.head()).as("the feed goes on without Redis").isGreaterThan(begin + 300);
        cluster.startEmptyRedis();
        awaitWritten(200);
        cluster.emptyRedis();
        awaitWritten(200);

        assertNothingIsLost();
    }

    @Test
    void nothingIsLostWhenAReplicaIsPausedLongerThanAnyTimeout() throws Exception {
        for (var replica : REPLICAS) {
            awaitWritten(200);
            replica.pause();
            try {
                var pausedUntil = System.nanoTime() + Duration.ofSeconds(12).toNanos();
                awaitWritten(200);
                long head = feed.head();
                await("the feed goes on without it").atMost(SETTLED).until(() -> feed.head() > head + 200);
                await().atMost(SETTLED).until(() -> System.nanoTime() > pausedUntil);
            } finally {
                replica.resume();
            }
        }
        awaitWritten(100);

        assertNothingIsLost();
    }

    @Test
    void nothingIsLostWhenRedisLosesAndReordersMessages() throws Exception {
        int lost = cluster.redis().lost();
        int overtaken = cluster.redis().overtaken();
        cluster.redis().spoil(5, 3);
        awaitWritten(1_500);
        cluster.redis().spoil(0, 0);

        assertNothingIsLost();
        assertThat(cluster.redis().lost() - lost).isGreaterThan(50);
        assertThat(cluster.redis().overtaken() - overtaken).isGreaterThan(50);
    }

    private void awaitWritten(int changes) {
        long until = writers.written() + changes;
        await("writers get answers").atMost(Duration.ofSeconds(60)).until(() -> writers.written() >= until);
    }

    private void assertNothingIsLost() throws Exception {
        writers.close();
        feed.awaitSequenced(SETTLED);
        feed.assertWhole();
        feed.assertHolds(writers.acknowledged());
        feed.awaitHistory(SETTLED);
        long head = feed.head();
        for (var subscriber : subscribers) {
            await("subscriber at the head").atMost(SETTLED).until(() -> subscriber.position() == head);
            assertThat(subscriber.positions())
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(begin + 1, head).boxed().toList());
        }
        System.out.printf(
                "%d changes acknowledged, %d without an answer, %d events%n",
                writers.written(), writers.unanswered(), head - begin);
    }
}

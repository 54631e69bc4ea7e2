package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.pmsevents.delivery.websocket.FeedClient;
import org.pmsevents.http.security.Tokens;

/** Two replicas on a Redis Cluster of three nodes; the profile redis-cluster runs all other tests on one, too. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("native")
@Tag("native-suffices")
class RedisClusterIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int PRODUCTS = 60;

    private static Cluster cluster;
    private static Connection database;
    private static List<Replica> replicas;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of(), true);
        database = cluster.database();
        replicas = List.of(cluster.start(0), cluster.start(0));
        replicas.forEach(replica -> await().atMost(SOON).until(replica::isReady));
    }

    @AfterAll
    static void stopCluster() throws Exception {
        database.close();
        cluster.close();
    }

    @Test
    @Order(1)
    void everyReplicaHearsTheOthersAndEveryNodeHoldsItsShare() {
        replicas.forEach(replica -> await("it hears the others")
                .atMost(SOON)
                .until(() -> redisState(replica).equals("reachable")));
        for (int i = 0; i < PRODUCTS; i++) {
            create(replicas.get(i % 2), "SHARE-" + i);
        }
        adjustAll();
        await("the levels of all are in Redis")
                .atMost(SOON)
                .until(() ->
                        cluster.redis().keys().stream().mapToInt(keys -> keys).sum() >= PRODUCTS);
        assertThat(cluster.redis().keys())
                .hasSize(3)
                .allSatisfy(keys -> assertThat(keys).isPositive());
    }

    /** Last, as the node does not come back. */
    @Test
    @Order(2)
    void nothingIsLostWhenANodeIs() throws Exception {
        var feed = new StoredFeed(database);
        feed.awaitSequenced(SOON);
        long begin = feed.head();
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        try (var listener = FeedClient.of(List.of(webSocket(replicas.get(0)), webSocket(replicas.get(1))))
                        .token(() -> Tokens.of("listener", "viewer"))
                        .topics("*")
                        .after(begin)
                        .start(event ->
                                told.add(event.path("metadata").path("position").longValue()));
                var writers = new Writers(
                        "LOST-NODE", replicas.stream().map(Replica::address).toList(), 4)) {
            awaitWritten(writers, 100);
            cluster.redis().loseOne();
            await("the loss is noticed")
                    .atMost(SOON)
                    .until(() -> replicas.stream()
                            .anyMatch(replica -> redisState(replica).equals("away")));
            awaitWritten(writers, 200);
            writers.close();
            assertThat(writers.unanswered()).as("requests that failed").isZero();
            feed.awaitSequenced(SOON);
            feed.assertHolds(writers.acknowledged());
            long head = feed.head();
            await("the listener is at the head").atMost(SOON).until(() -> listener.position() == head);
            assertThat(told)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(begin + 1, head).boxed().toList());
        }
    }

    private static void awaitWritten(Writers writers, int changes) {
        long until = writers.written() + changes;
        await("writers get answers").atMost(Duration.ofSeconds(60)).until(() -> writers.written() >= until);
    }

    private static URI webSocket(Replica replica) {
        return URI.create(replica.address().toString().replaceFirst("^http", "ws") + "/ws");
    }

    private static String redisState(Replica replica) {
        return given().baseUri(replica.management().toString())
                .get("/q/health/ready")
                .path("checks.find { it.name == 'feed' }.data.redis");
    }

    private static void create(Replica replica, String sku) {
        given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .contentType("application/json")
                .body("{\"sku\":\"" + sku + "\",\"name\":\"Mug\",\"price\":{\"amount\":7.50,\"currency\":\"EUR\"}}")
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    /** All in one request, whose levels lie on all nodes. */
    private static void adjustAll() {
        var lines = new ArrayList<String>();
        for (int i = 0; i < PRODUCTS; i++) {
            lines.add("{\"sku\":\"SHARE-" + i + "\",\"delta\":3,\"reason\":\"receipt\"}");
        }
        given().baseUri(replicas.get(0).address().toString())
                .header("Authorization", Tokens.bearer("anna", "admin"))
                .contentType("application/json")
                .body("{\"lines\":[" + String.join(",", lines) + "]}")
                .post("/api/inventory/adjustments")
                .then()
                .statusCode(200);
    }
}

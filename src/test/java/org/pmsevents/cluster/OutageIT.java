package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;

/** What callers see while PostgreSQL or Redis is away, and that nothing is wrong afterwards. */
@Tag("native")
class OutageIT {
    private static final Duration SOON = Duration.ofSeconds(15);

    private static final int GONE = 0;
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ExecutorService callers = Executors.newFixedThreadPool(40);

    private static Cluster cluster;
    private static Connection database;
    private static Replica replica;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of());
        database = cluster.database();
        replica = cluster.start(0);
    }

    @AfterAll
    static void stopCluster() throws Exception {
        database.close();
        cluster.close();
        callers.shutdownNow();
    }

    @Test
    void callersAreToldToComeBackWhilePostgresIsAway() throws Exception {
        create("OUTAGE-1");
        cluster.postgres().takeAway();
        try {
            await("the replica notices")
                    .atMost(SOON)
                    .until(() -> patch("OUTAGE-1", "x").statusCode() == 503);
            for (var answer : new Response[] {
                patch("OUTAGE-1", "y"),
                as("editor").get("/api/products?limit=1"),
                as("viewer").get("/api/events")
            }) {
                answer.then()
                        .statusCode(503)
                        .contentType("application/problem+json")
                        .header("Retry-After", "1")
                        .body("code", equalTo("database-unavailable"));
            }
            given().baseUri(replica.management().toString())
                    .get("/q/health/ready")
                    .then()
                    .statusCode(200);
        } finally {
            cluster.postgres().bringBack();
        }
        await("the replica works again")
                .atMost(SOON)
                .until(() -> patch("OUTAGE-1", "z").statusCode() == 200);
        assertFeedIsWhole();
    }

    @Test
    void aChangeWhoseCommitGotNoAnswerIsUnknownToTheCallerAndWholeInTheFeed() throws Exception {
        create("OUTAGE-2");
        cluster.postgres().cutAtCommitOf("cut off");
        patch("OUTAGE-2", "cut off")
                .then()
                .statusCode(503)
                .header("Retry-After", "1")
                .body("code", equalTo("outcome-unknown"));
        await("it was made")
                .atMost(SOON)
                .until(() -> as("viewer")
                        .get("/api/products/OUTAGE-2/history")
                        .asString()
                        .contains("\"description\":\"cut off\""));
        assertFeedIsWhole();
    }

    @Test
    void readersAndWritersGoOnWithoutRedisAndFindNothingStaleAfterwards() throws Exception {
        create("OUTAGE-3");
        as("viewer").get("/api/products/OUTAGE-3").then().statusCode(200);
        cluster.cutRedisOff();
        try {
            patch("OUTAGE-3", "changed without Redis").then().statusCode(200);
            as("viewer")
                    .get("/api/products/OUTAGE-3")
                    .then()
                    .statusCode(200)
                    .body("description", equalTo("changed without Redis"));
        } finally {
            cluster.reconnectRedis();
        }
        as("viewer")
                .get("/api/products/OUTAGE-3")
                .then()
                .statusCode(200)
                .body("description", containsString("changed without Redis"));
        assertFeedIsWhole();
    }

    @Test
    void aPostgresThatHangsCostsCallersAnErrorInTimeAndTheReplicaNoConnection() throws Exception {
        create("OUTAGE-4");
        cluster.postgres().stall();
        try {
            var answers = IntStream.range(0, 40)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> i % 2 == 0
                                    ? patchAndLeave("OUTAGE-4")
                                    : patch("OUTAGE-4", "hangs " + i).statusCode(),
                            callers))
                    .toList();
            for (var answer : answers) {
                assertThat(answer.get(60, TimeUnit.SECONDS)).isIn(503, GONE);
            }
        } finally {
            cluster.postgres().goOn();
        }
        await("the replica works again")
                .atMost(Duration.ofSeconds(40))
                .until(() -> patch("OUTAGE-4", "again").statusCode() == 200);
        var answers = IntStream.range(0, 40)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> patch("OUTAGE-4", "all " + i).statusCode(), callers))
                .toList();
        for (var answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(200);
        }
        assertFeedIsWhole();
    }

    @Test
    void aRedisThatHangsAgainAndAgainCostsNothingOnceItGoesOn() throws Exception {
        create("OUTAGE-5");
        for (int round = 0; round < 3; round++) {
            cluster.redis().stall();
            try {
                patch("OUTAGE-5", "round " + round).then().statusCode(200);
                await("the replica notices")
                        .atMost(SOON)
                        .until(() -> redisState().equals("away"));
            } finally {
                cluster.redis().goOn();
            }
            await("Redis is back")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> redisState().equals("reachable"));
        }
        as("viewer").get("/api/products/OUTAGE-5").then().body("description", equalTo("round 2"));
        assertFeedIsWhole();
    }

    private static String redisState() {
        return given().baseUri(replica.management().toString())
                .get("/q/health/ready")
                .path("checks.find { it.name == 'feed' }.data.redis");
    }

    /** A caller who has no time. */
    private static int patchAndLeave(String sku) {
        try {
            var request = HttpRequest.newBuilder(replica.address().resolve("/api/products/" + sku))
                    .timeout(Duration.ofSeconds(1))
                    .header("Authorization", Tokens.bearer("outage", "editor"))
                    .header("Content-Type", "application/merge-patch+json")
                    .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"description\":\"left\"}"))
                    .build();
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
        } catch (IOException e) {
            return GONE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return GONE;
        }
    }

    private static void assertFeedIsWhole() throws Exception {
        var feed = new StoredFeed(database);
        feed.awaitSequenced(SOON);
        feed.assertWhole();
        feed.awaitHistory(SOON);
    }

    private static void create(String sku) {
        as("editor")
                .contentType("application/json")
                .body("{\"sku\":\"" + sku + "\",\"name\":\"Mug\",\"price\":{\"amount\":7.50,\"currency\":\"EUR\"}}")
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    private static Response patch(String sku, String description) {
        return as("editor")
                .contentType("application/merge-patch+json")
                .body("{\"description\":\"" + description + "\"}")
                .patch("/api/products/" + sku);
    }

    private static RequestSpecification as(String role) {
        return given().baseUri(replica.address().toString()).header("Authorization", Tokens.bearer("outage", role));
    }
}

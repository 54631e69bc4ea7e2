package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pmsevents.security.Tokens;

/** What callers see while PostgreSQL or Redis is away, and that nothing is wrong afterwards. */
class OutageIT {
    private static final Duration SOON = Duration.ofSeconds(15);

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
        await("the cache is right").atMost(SOON).until(() -> metric("pms_cache_evictions_waiting") == 0);
        as("viewer")
                .get("/api/products/OUTAGE-3")
                .then()
                .statusCode(200)
                .body("description", containsString("changed without Redis"));
        assertFeedIsWhole();
    }

    private static void assertFeedIsWhole() throws Exception {
        var feed = new StoredFeed(database);
        feed.awaitSequenced(SOON);
        feed.assertWhole();
        feed.awaitHistory(SOON);
    }

    private static double metric(String name) {
        var line = given().baseUri(replica.management().toString())
                .get("/q/metrics")
                .asString()
                .lines()
                .filter(each -> each.startsWith(name + " "))
                .findAny();
        assertThat(line).as(name).isPresent();
        return Double.parseDouble(line.orElseThrow().substring(name.length() + 1));
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

package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.restassured.path.json.JsonPath;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.metrics.Scrape;

/** That the sums of the cluster are right, whoever has counted and whatever is away. */
@Tag("native")
@Tag("native-suffices")
class MetricsIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private static Cluster cluster;
    private static Connection database;
    private static Replica replica;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of(
                "PMS_EVENTS_METRICS_FLUSH_EVERY", "500ms",
                "PMS_EVENTS_METRICS_RESOURCES_EVERY", "1s",
                "PMS_EVENTS_METRICS_REPLICA_GONE", "4s",
                "PMS_EVENTS_METRICS_SUMMARY_KEPT", "100ms",
                "PMS_EVENTS_METRICS_ERROR_MINIMUM", "5",
                "PMS_EVENTS_METRICS_ERROR_WINDOW", "5s"));
        database = cluster.database();
        replica = cluster.start(0);
        await().atMost(SOON).until(replica::isReady);
    }

    @AfterAll
    static void stopCluster() throws Exception {
        database.close();
        cluster.close();
    }

    private static JsonPath summary(Replica of) {
        var answer = given().baseUri(of.address().toString())
                .header("Authorization", Tokens.bearer("olga", "operator"))
                .get("/api/metrics/summary");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    private static long requests(Replica of, String route) {
        return summary(of).<Map<String, Object>>getList("routes").stream()
                .filter(each ->
                        each.get("route").equals(route) && each.get("method").equals("GET"))
                .mapToLong(each -> ((Number) each.get("requests")).longValue())
                .sum();
    }

    private static void get(Replica of, String path, int times) {
        IntStream.range(0, times)
                .parallel()
                .forEach(i -> given().baseUri(of.address().toString())
                        .header("Authorization", Tokens.bearer("vera", "viewer"))
                        .get(path));
    }

    @Test
    void theSumIsRightToTheRequestAlsoAfterAReplicaWasKilled() {
        var route = "/api/products/{sku}/history";
        var path = "/api/products/NONE/history";
        var victim = cluster.start(0);
        await().atMost(SOON).until(victim::isReady);
        get(replica, path, 70);
        get(victim, path, 50);
        for (var each : List.of(replica, victim)) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(requests(each, route)).isEqualTo(120));
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(summary(each).getList("replicas")).hasSize(2));
        }

        victim.kill();
        get(replica, path, 30);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(requests(replica, route)).isEqualTo(150));
        await("the one that was killed is no longer listed")
                .atMost(SOON)
                .untilAsserted(
                        () -> assertThat(summary(replica).getList("replicas")).hasSize(1));
        assertThat(requests(replica, route)).isEqualTo(150);
        assertThat(summary(replica).getBoolean("complete")).isTrue();
    }

    @Test
    void aReplicaThatIsStoppedLosesNoCount() {
        var route = "/api/inventory/{sku}/movements";
        var path = "/api/inventory/NONE/movements";
        var leaving = cluster.start(0);
        await().atMost(SOON).until(leaving::isReady);
        get(leaving, path, 40);
        leaving.terminate();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(requests(replica, route)).isEqualTo(40));
    }

    @Test
    void whatIsCountedWhileRedisIsAwayIsAddedLater() throws Exception {
        var route = "/api/inventory/{sku}";
        var path = "/api/inventory/NONE";
        get(replica, path, 10);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(requests(replica, route)).isEqualTo(10));
        cluster.cutRedisOff();
        try {
            get(replica, path, 25);
            await().atMost(SOON).untilAsserted(() -> {
                var summary = summary(replica);
                assertThat(summary.getBoolean("complete")).isFalse();
                assertThat(summary.getBoolean("replicas[0].resources.redis.reachable"))
                        .isFalse();
            });
            assertThat(requests(replica, route)).as("its own").isEqualTo(35);
        } finally {
            cluster.reconnectRedis();
        }
        await().atMost(SOON).until(() -> summary(replica).getBoolean("complete"));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(requests(replica, route)).isEqualTo(35));
    }

    @Test
    void adminsAreToldOnceThatRequestsFailHoweverManyReplicasSeeIt() throws Exception {
        var other = cluster.start(0);
        await().atMost(SOON).until(other::isReady);
        cluster.postgres().takeAway();
        try {
            for (var each : List.of(replica, other)) {
                await().atMost(SOON).untilAsserted(() -> {
                    get(each, "/api/events", 20);
                    assertThat(Scrape.of(each.management()).sum("pms_error_rate_high"))
                            .isEqualTo(1);
                });
            }
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(summary(replica).getString("errors.state"))
                            .isEqualTo("high"));
            assertThat(summary(replica).<Object>get("jobs"))
                    .as("PostgreSQL is asked")
                    .isNull();
        } finally {
            cluster.postgres().bringBack();
        }
        await().atMost(SOON).until(() -> messages() == 1);
        for (var each : List.of(replica, other)) {
            await().atMost(SOON).untilAsserted(() -> {
                get(each, "/api/events", 5);
                assertThat(Scrape.of(each.management()).sum("pms_error_rate_high"))
                        .isZero();
            });
        }
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(summary(replica).getString("errors.state")).isEqualTo("normal"));
        await().during(Duration.ofSeconds(3)).atMost(SOON).until(() -> messages() == 1);
        other.close();
    }

    /** What was sent, and what is held back to be sent. */
    private static long messages() throws Exception {
        try (var statement = database.createStatement();
                var found = statement.executeQuery(
                        "SELECT coalesce(sum(messages + held_back), 0) FROM alert WHERE key = 'error-rate'")) {
            found.next();
            return found.getLong(1);
        }
    }
}

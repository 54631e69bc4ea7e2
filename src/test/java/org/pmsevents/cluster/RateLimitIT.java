package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;

/** The rate of a client is one for all replicas, and nobody is refused while Redis is away. */
@Tag("native")
class RateLimitIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int BURST = 12;

    private static int status(Replica replica, String client) {
        return given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer(client, "viewer"))
                .get("/api/events?limit=1")
                .statusCode();
    }

    private static double unchecked(Replica replica) {
        return given().baseUri(replica.management().toString())
                .get("/q/metrics")
                .asString()
                .lines()
                .filter(line -> line.startsWith("pms_limits_unchecked_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void allReplicasCountTogether() throws Exception {
        try (var cluster = new Cluster(Map.of(
                "PMS_EVENTS_LIMITS_REQUESTS_PER_SECOND", "1", "PMS_EVENTS_LIMITS_BURST", Integer.toString(BURST)))) {
            var replicas = new Replica[] {cluster.start(0), cluster.start(0)};
            for (var replica : replicas) {
                await().atMost(SOON).until(replica::isReady);
            }
            // who has just started may hear of Redis too late for its first requests, and lets them pass
            for (int i = 0; i < 20; i++) {
                status(replicas[i % 2], "warm-" + i);
            }
            double before = unchecked(replicas[0]) + unchecked(replicas[1]);
            long began = System.nanoTime();
            int passed = 0;
            for (int i = 0; i < 2 * BURST; i++) {
                int status = status(replicas[i % 2], "greedy");
                assertThat(status).isIn(200, 429);
                passed += status == 200 ? 1 : 0;
            }
            long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
            int late = (int) (unchecked(replicas[0]) + unchecked(replicas[1]) - before);
            assertThat(late).as("not counted in time").isLessThan(BURST / 2);
            assertThat(passed).isBetween(BURST, BURST + (int) seconds + 1 + late);
            assertThat(status(replicas[0], "modest")).isEqualTo(200);

            double counted = unchecked(replicas[0]);
            cluster.cutRedisOff();
            for (int i = 0; i < 2 * BURST; i++) {
                assertThat(status(replicas[i % 2], "greedy")).isEqualTo(200);
            }
            assertThat(unchecked(replicas[0]) - counted).isGreaterThanOrEqualTo(BURST);

            cluster.reconnectRedis();
            await().atMost(SOON).until(() -> status(replicas[0], "greedy") == 429);
        }
    }

    @Test
    void aClientBehindAProxyIsTheAddressThatTheProxyAppends() throws Exception {
        try (var cluster = new Cluster(Map.of(
                "PMS_EVENTS_LIMITS_REQUESTS_PER_SECOND", "1",
                "PMS_EVENTS_LIMITS_BURST", Integer.toString(BURST),
                "QUARKUS_HTTP_PROXY_PROXY_ADDRESS_FORWARDING", "true",
                "QUARKUS_HTTP_PROXY_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"))) {
            var replica = cluster.start(0);
            await().atMost(SOON).until(replica::isReady);
            // until Redis answers in time nobody is counted
            await().atMost(SOON).until(() -> forwarded(replica, "198.51.100.1") == 429);
            await().atMost(SOON).until(() -> forwarded(replica, "203.0.113." + random(), "198.51.100.7") == 429);
            assertThat(forwarded(replica, "198.51.100.7", "10.0.0.3")).isEqualTo(429);
            assertThat(forwarded(replica, "198.51.100.7", "198.51.100.8")).isEqualTo(401);
        }
    }

    private static int random() {
        return ThreadLocalRandom.current().nextInt(1, 255);
    }

    /** Without a token a client is its address. */
    private static int forwarded(Replica replica, String... addresses) {
        return given().baseUri(replica.address().toString())
                .header("X-Forwarded-For", String.join(", ", addresses))
                .get("/api/events?limit=1")
                .statusCode();
    }
}

package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.pmsevents.Waiting.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;

/** Many at once through a pooler in transaction mode; the profile pgbouncer runs this, and all other tests, through one. */
@Tag("native")
class PgBouncerIT {
    private static final Duration SETTLED = Duration.ofSeconds(120);
    private static final int CHANGES = 1_500;

    @Test
    void noQueryFailsUnderLoad() throws Exception {
        assumeFalse(OwnServers.poolerSettings().isEmpty(), "there is a pooler");
        try (var cluster = new Cluster(Map.of());
                var database = cluster.database()) {
            var replicas = List.of(cluster.start(0), cluster.start(0));
            replicas.forEach(replica -> await().atMost(SETTLED).until(replica::isReady));
            var addresses = replicas.stream().map(Replica::address).toList();
            // replicas that have only just started may keep one of many waiting for longer than they let anybody wait
            replicas.forEach(replica -> IntStream.range(0, 50).forEach(read -> read(replica)));
            try (var first = new Writers("FIRST", addresses, 2)) {
                await().atMost(SETTLED).until(() -> first.written() > 100);
            }
            try (var writers = new Writers("POOLED", addresses, 32)) {
                await().atMost(SETTLED).until(() -> {
                    IntStream.range(0, 10).forEach(read -> replicas.forEach(PgBouncerIT::read));
                    return writers.written() > CHANGES;
                });
                writers.close();
                // one that takes long on replicas that have only just started is no query that fails
                assertThat(writers.refused()).as("changes that were refused").isZero();
            }
            var feed = new StoredFeed(database);
            feed.awaitSequenced(SETTLED);
            feed.assertWhole();
            replicas.forEach(replica -> {
                assertThat(replica.logged("prepared statement")).isEmpty();
                assertThat(replica.logged("\"level\":\"ERROR\"")).isEmpty();
                assertThat(replica.logged("PgException")).isEmpty();
            });
        }
    }

    private static void read(Replica replica) {
        given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("reader", "viewer"))
                .get("/api/products?limit=20")
                .then()
                .statusCode(200);
    }
}

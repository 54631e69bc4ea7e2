package org.pmsevents.transfer.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.RestAssured;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.security.Tokens;

/** An import whose replica is killed in the middle (kill -9) goes on at another one: no line is lost, none is applied twice. */
class ImportKilledIT {
    private static final int LINES = 8_000;

    /** Each line is a change of its own, so that one that is applied twice is a version too many. */
    @Test
    void eachLineIsAppliedOnceThoughItsReplicaIsKilled() throws Exception {
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_QUEUE_LEASE", "3s"));
                var database = cluster.database()) {
            var killed = cluster.start(0);
            var file = IntStream.range(0, LINES)
                    .mapToObj(i -> "K-" + i % (LINES / 2) + ",Name " + i + "," + i + ",EUR\n")
                    .collect(Collectors.joining("", "sku,name,price,currency\n", ""));
            var answer = RestAssured.given()
                    .header("Authorization", Tokens.bearer("ida", "editor"))
                    .contentType("text/csv")
                    .body(file.getBytes(StandardCharsets.UTF_8))
                    .post(killed.address().resolve("/api/imports?kind=products"));
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
            var id = Client.json(answer).get("id").asText();
            await("the middle of it")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> count(database, "SELECT sum(lines) FROM import") >= 1_000);
            killed.kill();
            assertThat(count(database, "SELECT sum(lines) FROM import")).isLessThan(LINES);
            var other = cluster.start(0);
            await("the end of it")
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> !read(other, id).get("finishedAt").isNull());
            var done = read(other, id);
            assertThat(done.get("state").asText()).isEqualTo("completed");
            assertThat(done.get("read").asInt()).isEqualTo(LINES);
            assertThat(done.get("created").asInt()).isEqualTo(LINES / 2);
            assertThat(done.get("updated").asInt()).isEqualTo(LINES / 2);
            assertThat(done.get("duplicates").asInt()).isEqualTo(LINES / 2);
            assertThat(count(database, "SELECT count(*) FROM product WHERE version = 2"))
                    .isEqualTo(LINES / 2);
            assertThat(count(database, "SELECT count(*) FROM event WHERE type LIKE 'product.%'"))
                    .isEqualTo(LINES);
            assertThat(count(database, "SELECT count(*) FROM import_part")).isZero();
        }
    }

    private static JsonNode read(Replica replica, String id) {
        return Client.json(RestAssured.given()
                .header("Authorization", Tokens.bearer("ida", "editor"))
                .get(replica.address().resolve("/api/imports/" + id)));
    }

    private static long count(Connection database, String query) throws SQLException {
        try (var statement = database.createStatement();
                var result = statement.executeQuery(query)) {
            result.next();
            return result.getLong(1);
        }
    }
}

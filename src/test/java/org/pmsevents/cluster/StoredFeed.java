package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** The feed as PostgreSQL holds it, and what must be true of it whatever has happened to the replicas. */
final class StoredFeed {
    private final Connection database;

    StoredFeed(Connection database) {
        this.database = database;
    }

    long head() throws SQLException {
        return number("SELECT head FROM feed_head");
    }

    /** Waits until every committed event has its position, those too that a replica still writes after its caller has given up. */
    void awaitSequenced(Duration atMost) {
        var before = new AtomicLong(-1);
        await("no event comes or waits")
                .during(Duration.ofSeconds(2))
                .atMost(atMost.plusSeconds(2))
                .until(() -> {
                    long events = number("SELECT count(*) FROM event");
                    return before.getAndSet(events) == events
                            && number("SELECT count(*) FROM event WHERE position IS NULL") == 0;
                });
    }

    /** Positions 1 to n with none missing or doubled, and the versions of every product in their order. */
    void assertWhole() throws SQLException {
        long events = number("SELECT count(*) FROM event");
        assertThat(number("SELECT count(DISTINCT position) FROM event")).isEqualTo(events);
        assertThat(number("SELECT min(position) FROM event")).isEqualTo(1);
        assertThat(number("SELECT max(position) FROM event")).isEqualTo(events);
        assertThat(head()).isEqualTo(events);
        assertThat(number("""
                        SELECT count(*) FROM (
                          SELECT (payload->>'version')::bigint AS version,
                                 row_number() OVER (PARTITION BY subject ORDER BY position) AS n
                          FROM event WHERE type LIKE 'product.%') AS e
                        WHERE version <> n
                        """)).as("events of a product out of order").isZero();
        assertThat(number("""
                        SELECT count(*) FROM product
                        WHERE version <> (SELECT count(*) FROM event WHERE subject = product.sku)
                        """))
                .as("products whose changes are not all in the feed")
                .isZero();
    }

    /** Whatever was acknowledged is there. */
    void assertHolds(Map<String, Set<Long>> acknowledged) throws SQLException {
        for (var each : acknowledged.entrySet()) {
            try (var statement = database.prepareStatement(
                    "SELECT count(*) FROM event WHERE subject = ? AND (payload->>'version')::bigint = ANY (?)")) {
                statement.setString(1, each.getKey());
                statement.setArray(
                        2, database.createArrayOf("bigint", each.getValue().toArray()));
                try (var rows = statement.executeQuery()) {
                    rows.next();
                    assertThat(rows.getLong(1))
                            .as("acknowledged changes of " + each.getKey())
                            .isEqualTo(each.getValue().size());
                }
            }
        }
    }

    /** What the durable handler has made of the feed is complete too. */
    void awaitHistory(Duration atMost) {
        await().atMost(atMost)
                .until(() -> number("SELECT count(*) FROM product_history")
                        == number("SELECT count(*) FROM event WHERE type LIKE 'product.%'"));
    }

    private long number(String query) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}

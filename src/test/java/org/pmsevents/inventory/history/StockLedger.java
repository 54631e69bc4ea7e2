package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pmsevents.inventory.history.Change.Read;

/** Stock and ledger as PostgreSQL holds them, and what must be true of them whatever has happened. */
final class StockLedger {
    private static final Duration SETTLED = Duration.ofSeconds(15);

    private final Connection database;

    StockLedger(Connection database) {
        this.database = database;
    }

    /** All that is true without knowing what was asked: the ledger explains the stock, and the feed tells of every movement once. */
    void assertWhole() throws SQLException {
        assertThat(rows("""
                        SELECT stock.sku, stock.location, stock.on_hand, stock.version, sum(delta), count(delta)
                        FROM stock LEFT JOIN stock_movement AS m
                          ON m.sku = stock.sku AND m.location = stock.location
                        GROUP BY stock.sku, stock.location, stock.on_hand, stock.version
                        HAVING stock.on_hand <> coalesce(sum(delta), 0) OR stock.version <> 1 + count(delta)
                        """))
                .as("stock whose ledger gives another sum or another number of movements")
                .isEmpty();
        assertThat(rows("""
                        SELECT * FROM (
                          SELECT sku, location, seq, delta, on_hand, version,
                                 1 + row_number() OVER ledger AS expected_version,
                                 sum(delta) OVER ledger AS expected_on_hand
                          FROM stock_movement
                          WINDOW ledger AS (PARTITION BY sku, location ORDER BY seq)) AS m
                        WHERE version <> expected_version OR on_hand <> expected_on_hand OR delta = 0
                        """)).as("movements out of order").isEmpty();
        assertThat(rows("""
                        SELECT m.sku, m.location FROM stock_movement AS m LEFT JOIN stock
                          ON stock.sku = m.sku AND stock.location = m.location
                        WHERE stock.sku IS NULL
                        """)).as("movements of no stock").isEmpty();
        assertThat(rows("""
                        SELECT reference, count(*) FROM stock_movement
                        WHERE reference IS NOT NULL GROUP BY reference HAVING count(*) > 1
                        """)).as("lines that were applied more than once").isEmpty();
    }

    /** The feed tells of every movement exactly once, with its contents, in the order of its place. */
    void assertTold() throws SQLException {
        await().atMost(SETTLED)
                .until(() ->
                        rows("SELECT seq FROM event WHERE position IS NULL").isEmpty());
        assertThat(rows("""
                        SELECT m.*, event.* FROM stock_movement AS m FULL JOIN
                          (SELECT * FROM event WHERE type = 'inventory.updated') AS event ON event.id = m.event_id
                        WHERE m.id IS NULL OR event.id IS NULL
                           OR event.subject <> m.sku
                           OR event.actor <> m.actor
                           OR event.trace_id <> m.trace_id
                           OR event.payload->>'sku' IS DISTINCT FROM m.sku
                           OR event.payload->>'location' IS DISTINCT FROM m.location
                           OR event.payload->>'delta' IS DISTINCT FROM m.delta::text
                           OR event.payload->>'onHand' IS DISTINCT FROM m.on_hand::text
                           OR event.payload->>'version' IS DISTINCT FROM m.version::text
                           OR event.payload->>'reason' IS DISTINCT FROM m.reason
                           OR event.payload->>'reference' IS DISTINCT FROM m.reference
                           OR event.payload->>'movementId' IS DISTINCT FROM m.id::text
                        """))
                .as("movements and events that don't belong together")
                .isEmpty();
        assertThat(rows("SELECT event_id FROM stock_movement GROUP BY event_id HAVING count(*) > 1"))
                .as("events of more than one movement")
                .isEmpty();
        assertThat(rows("""
                        SELECT * FROM (
                          SELECT m.sku, m.location, m.version, event.position,
                                 1 + row_number() OVER (PARTITION BY m.sku, m.location ORDER BY event.position) AS expected
                          FROM stock_movement AS m JOIN event ON event.id = m.event_id) AS told
                        WHERE version <> expected
                        """)).as("events of a place out of order").isEmpty();
        assertThat(rows("""
                        SELECT max(position), count(position), (SELECT head FROM feed_head) FROM event
                        HAVING max(position) <> count(position) OR max(position) <> (SELECT head FROM feed_head)
                        """)).as("holes in the feed").isEmpty();
    }

    /** What callers were told is what has been written, and nothing else has. */
    void assertHoldsExactly(List<Movement> told, List<Place> places) throws SQLException {
        assertThat(movements(places)).containsExactlyInAnyOrderElementsOf(told);
    }

    List<Movement> movements(List<Place> places) throws SQLException {
        var found = new ArrayList<Movement>();
        try (var statement = database.prepareStatement("""
                SELECT reference, sku, location, delta, on_hand, version, id, event_id
                FROM stock_movement WHERE sku = ANY (?) ORDER BY seq
                """)) {
            var skus = places.stream().map(Place::sku).distinct().toArray();
            statement.setArray(1, database.createArrayOf("text", skus));
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(new Movement(
                            rows.getString(1),
                            new Place(rows.getString(2), rows.getString(3)),
                            rows.getLong(4),
                            rows.getLong(5),
                            rows.getLong(6),
                            rows.getString(7),
                            rows.getString(8)));
                }
            }
        }
        return found;
    }

    Map<String, Movement> byReference(List<Place> places) throws SQLException {
        return movements(places).stream().collect(Collectors.toMap(Movement::reference, movement -> movement));
    }

    /** What is there now, as somebody reads it who comes after all others; nothing of a location that was never named for its SKU. */
    List<Operation> readings(List<Place> places) throws SQLException {
        var readings = new ArrayList<Operation>();
        for (var place : places) {
            try (var statement =
                    database.prepareStatement("SELECT on_hand, version FROM stock WHERE sku = ? AND location = ?")) {
                statement.setString(1, place.sku());
                statement.setString(2, place.location());
                try (var rows = statement.executeQuery()) {
                    if (rows.next()) {
                        var there = Answer.accepted(0, rows.getLong(1), rows.getLong(2));
                        long now = System.nanoTime();
                        readings.add(new Operation(
                                "at the end, " + place, null, List.of(new Read(place)), now, now, List.of(there)));
                    }
                }
            }
        }
        return readings;
    }

    /** How many transactions are under way that write to the ledger, or will. */
    int writersUnderWay() throws SQLException {
        return rows("SELECT DISTINCT pid FROM pg_locks WHERE relation = 'stock_movement'::regclass AND mode = 'RowExclusiveLock'")
                .size();
    }

    /** How many of them wait for somebody else. */
    int writersWaiting() throws SQLException {
        return rows("""
                SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid IN (
                  SELECT pid FROM pg_locks WHERE relation = 'stock_movement'::regclass AND mode = 'RowExclusiveLock')
                """).size();
    }

    /** Each row as text, so that what is wrong can be read where a test fails. */
    private List<String> rows(String query) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            var found = new ArrayList<String>();
            while (rows.next()) {
                found.add(text(rows));
            }
            return found;
        }
    }

    private static String text(ResultSet row) throws SQLException {
        var text = new ArrayList<String>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            text.add(row.getMetaData().getColumnLabel(i) + "=" + row.getString(i));
        }
        return String.join(" ", text);
    }
}

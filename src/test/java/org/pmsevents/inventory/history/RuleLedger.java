package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.adjust.StockLine;

/** Stock, ledger and events of a few places as PostgreSQL holds them. */
final class RuleLedger {
    private final Connection database;
    private final List<Place> places;
    private long lastMovement;
    private long lastEvent;

    RuleLedger(Connection database, List<Place> places) throws SQLException {
        this.database = database;
        this.places = places;
        this.lastMovement = number("SELECT coalesce(max(seq), 0) FROM stock_movement");
        this.lastEvent = number("SELECT coalesce(max(seq), 0) FROM event");
    }

    /**
     * What a line must have written.
     *
     * @param line with the ids that were given; null if nobody knows them before
     * @param countedAt null for a delta
     */
    record Written(
            Place place,
            StockModel before,
            StockModel after,
            String reason,
            @Nullable String reference,
            @Nullable StockLine line,
            @Nullable Instant countedAt) {
        boolean moved() {
            return after.version() != before.version();
        }

        boolean alerts() {
            return after.alertsSince(before);
        }
    }

    private record Movement(
            UUID id,
            UUID eventId,
            String sku,
            String location,
            long delta,
            long onHand,
            long version,
            String reason,
            @Nullable String reference,
            String actor,
            String traceId,
            @Nullable Instant countedAt) {}

    private record Event(
            @Nullable UUID id, String type, String subject, String actor, String traceId, String payload) {}

    private interface Reading<T> {
        T read(ResultSet row) throws SQLException;
    }

    void create(Place place) throws SQLException {
        update("""
                INSERT INTO product VALUES (?, 'Rule', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL)
                ON CONFLICT DO NOTHING
                """, place.sku());
        update("INSERT INTO stock (sku, location) VALUES (?, ?)", place.sku(), place.location());
    }

    void setLow(Place place, boolean low) throws SQLException {
        update("UPDATE stock SET low = ? WHERE sku = ? AND location = ?", low, place.sku(), place.location());
    }

    /** @param expected says which location takes back-orders, which is in no stock's row */
    Map<Place, StockModel> stock(Map<Place, StockModel> expected) throws SQLException {
        var found = new HashMap<Place, StockModel>();
        for (var place : places) {
            found.put(
                    place,
                    one(
                            "SELECT on_hand, version, threshold, low FROM stock WHERE sku = ? AND location = ?",
                            place,
                            row -> new StockModel(
                                    row.getLong("on_hand"),
                                    row.getLong("version"),
                                    expected.get(place).backorders(),
                                    row.getObject("threshold") == null ? null : row.getLong("threshold"),
                                    row.getBoolean("low"))));
        }
        return found;
    }

    /** Of those that were counted. */
    Map<Place, Instant> countedAt() throws SQLException {
        var found = new HashMap<Place, Instant>();
        for (var place : places) {
            var at = one("SELECT counted_at FROM stock WHERE sku = ? AND location = ?", place, row -> instant(row, 1));
            if (at != null) {
                found.put(place, at);
            }
        }
        return found;
    }

    long movedSince(Place place, Instant time) throws SQLException {
        return one("""
                SELECT coalesce(sum(delta), 0) FROM stock_movement
                WHERE sku = ? AND location = ? AND counted_at IS NULL AND coalesce(occurred_at, moved_at) > ?::timestamptz
                """, place, row -> row.getLong(1), time.toString());
    }

    /** When something moved. */
    List<Instant> times() throws SQLException {
        var times = new ArrayList<Instant>();
        for (var place : places) {
            times.addAll(all(
                    "SELECT moved_at FROM stock_movement WHERE sku = ? AND location = ? ORDER BY seq",
                    row -> instant(row, 1),
                    place.sku(),
                    place.location()));
        }
        return times;
    }

    /** Exactly this was written since the last time, in this order. */
    void assertWritten(List<Written> lines, RequestContext context) throws SQLException {
        var movements = movements();
        var events = events();
        var expectedMovements = new ArrayList<Movement>();
        var expectedEvents = new ArrayList<Event>();
        var moved = lines.stream().filter(Written::moved).toList();
        assertThat(movements).hasSameSizeAs(moved);
        for (var line : lines) {
            if (line.moved()) {
                var found = movements.get(expectedMovements.size());
                var ids = line.line();
                var id = ids == null ? found.id() : ids.movementId();
                var eventId = ids == null ? found.eventId() : ids.eventId();
                expectedMovements.add(movement(line, id, eventId, context));
                var payload = RulePayload.updated(
                        line.place(), line.before(), line.after(), line.reason(), line.reference(), id);
                expectedEvents.add(event(eventId, "inventory.updated", line, context, payload));
            }
            if (line.alerts()) {
                var ids = line.line();
                expectedEvents.add(event(
                        ids == null ? idAt(events, expectedEvents.size()) : ids.alertId(),
                        "inventory.alert",
                        line,
                        context,
                        RulePayload.alert(line.place(), line.after())));
            }
        }
        assertThat(movements).isEqualTo(expectedMovements);
        assertThat(events).isEqualTo(expectedEvents);
    }

    private static @Nullable UUID idAt(List<Event> events, int place) {
        return place < events.size() ? events.get(place).id() : null;
    }

    private static Movement movement(Written line, UUID id, UUID eventId, RequestContext context) {
        return new Movement(
                id,
                eventId,
                line.place().sku(),
                line.place().location(),
                line.after().onHand() - line.before().onHand(),
                line.after().onHand(),
                line.after().version(),
                line.reason(),
                line.reference(),
                context.actor(),
                context.traceId(),
                line.countedAt());
    }

    private static Event event(@Nullable UUID id, String type, Written line, RequestContext context, String payload) {
        return new Event(id, type, line.place().sku(), context.actor(), context.traceId(), payload);
    }

    private List<Movement> movements() throws SQLException {
        var found = all(
                "SELECT * FROM stock_movement WHERE seq > ? ORDER BY seq",
                row -> new Movement(
                        row.getObject("id", UUID.class),
                        row.getObject("event_id", UUID.class),
                        row.getString("sku"),
                        row.getString("location"),
                        row.getLong("delta"),
                        row.getLong("on_hand"),
                        row.getLong("version"),
                        row.getString("reason"),
                        row.getString("reference"),
                        row.getString("actor"),
                        row.getString("trace_id"),
                        instant(row, row.findColumn("counted_at"))),
                lastMovement);
        lastMovement = number("SELECT coalesce(max(seq), 0) FROM stock_movement");
        return found;
    }

    private List<Event> events() throws SQLException {
        var found = all(
                "SELECT id, type, subject, actor, trace_id, payload::text AS payload FROM event WHERE seq > ? ORDER BY seq",
                row -> new Event(
                        row.getObject("id", UUID.class),
                        row.getString("type"),
                        row.getString("subject"),
                        row.getString("actor"),
                        row.getString("trace_id"),
                        row.getString("payload")),
                lastEvent);
        lastEvent = number("SELECT coalesce(max(seq), 0) FROM event");
        return found;
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        var at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }

    private long number(String query) throws SQLException {
        return all(query, row -> row.getLong(1)).get(0);
    }

    private <T> T one(String query, Place place, Reading<T> reading, Object... more) throws SQLException {
        var parameters = new ArrayList<Object>(List.of(place.sku(), place.location()));
        parameters.addAll(List.of(more));
        return all(query, reading, parameters.toArray()).get(0);
    }

    private <T> List<T> all(String query, Reading<T> reading, Object... parameters) throws SQLException {
        try (var statement = database.prepareStatement(query)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (var rows = statement.executeQuery()) {
                var found = new ArrayList<T>();
                while (rows.next()) {
                    found.add(reading.read(rows));
                }
                return found;
            }
        }
    }

    private void update(String statement, Object... parameters) throws SQLException {
        try (var update = database.prepareStatement(statement)) {
            for (int i = 0; i < parameters.length; i++) {
                update.setObject(i + 1, parameters[i]);
            }
            update.executeUpdate();
        }
    }
}

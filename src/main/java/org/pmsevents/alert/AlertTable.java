package org.pmsevents.alert;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The SQL of alert windows: counts alerts, decides which alert begins a window, and returns the summaries of windows that have
 * ended.
 */
@ApplicationScoped
public class AlertTable {
    /** A window that has ended continues until its summary is taken, so that no counted alert is lost. */
    private static final String BEGINS = "a.window_until <= excluded.last_at AND a.held_back = 0";

    /** The time is read once, before the row is locked, so that all comparisons of the statement use the same time. */
    private static final String COUNT = """
            WITH fresh AS (
              INSERT INTO alert_occurrence (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id),
            clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
            INSERT INTO alert AS a (key, messages, window_from, window_until, held_back, opened_by,
                                    severity, title, detail, subject, actor, trace_id, last_at)
            SELECT $2, 1, now, now + $3 * interval '1 millisecond', $4 - 1, id, $5, $6, $7, $8, $9, $10, now FROM fresh, clock
            ON CONFLICT (key) DO UPDATE SET
              messages = a.messages + (%1$s)::int,
              window_from = CASE WHEN %1$s THEN excluded.window_from ELSE a.window_from END,
              window_until = CASE WHEN %1$s THEN excluded.window_until ELSE a.window_until END,
              opened_by = CASE WHEN %1$s THEN excluded.opened_by ELSE a.opened_by END,
              held_back = CASE WHEN %1$s THEN excluded.held_back ELSE a.held_back + excluded.held_back + 1 END,
              severity = excluded.severity, title = excluded.title, detail = excluded.detail, subject = excluded.subject,
              actor = excluded.actor, trace_id = excluded.trace_id, last_at = greatest(a.last_at, excluded.last_at)
            RETURNING messages, window_from, opened_by = $1 AS begun
            """.formatted(BEGINS);

    private static final String TAKE_SUMMARIES = """
            WITH owed AS MATERIALIZED (
              SELECT key, held_back, window_from FROM alert WHERE held_back > 0 AND window_until <= now()
              ORDER BY window_until LIMIT $1 FOR UPDATE SKIP LOCKED)
            UPDATE alert SET held_back = 0, messages = alert.messages + 1
            FROM owed WHERE alert.key = owed.key
            RETURNING alert.key, messages, severity, title, detail, subject, owed.held_back, owed.window_from, last_at, actor, trace_id
            """;

    private static final String FORGET_OCCURRENCES = """
            DELETE FROM alert_occurrence WHERE id = ANY(ARRAY(
              SELECT id FROM alert_occurrence WHERE seen_at < now() - $1 * interval '1 second'
              ORDER BY seen_at LIMIT $2 FOR UPDATE SKIP LOCKED))
            """;

    private static final String FORGET_KEYS = """
            DELETE FROM alert WHERE key = ANY(ARRAY(
              SELECT key FROM alert WHERE held_back = 0 AND window_until < now() - $1 * interval '1 second'
              LIMIT $2 FOR UPDATE SKIP LOCKED))
            """;

    /** @param message to be sent under its key with this number */
    record Numbered(AlertMessage message, long number) {}

    /**
     * Counts alerts of one key, unless they are counted already. Returns the message to send if they begin a window.
     */
    Uni<Optional<Numbered>> count(SqlClient transaction, AlertBuffer.Waiting waiting, Duration window) {
        var alert = waiting.last();
        return transaction
                .preparedQuery(COUNT)
                .execute(Tuple.from(List.of(
                        waiting.occurrence(),
                        alert.key(),
                        (double) window.toMillis(),
                        waiting.count(),
                        alert.severity().wireName(),
                        alert.title(),
                        alert.detail(),
                        alert.subject(),
                        alert.context().actor(),
                        alert.context().traceId())))
                .map(rows -> {
                    for (var row : rows) {
                        if (row.getBoolean("begun")) {
                            return Optional.of(new Numbered(
                                    AlertMessage.first(waiting.first(), time(row, "window_from")),
                                    row.getLong("messages")));
                        }
                    }
                    return Optional.empty();
                });
    }

    /** Returns the summaries of windows that have ended, each to one caller only. */
    Uni<List<Numbered>> takeSummaries(SqlClient transaction, int limit) {
        return transaction
                .preparedQuery(TAKE_SUMMARIES)
                .execute(Tuple.of(limit))
                .map(rows -> {
                    var summaries = new ArrayList<Numbered>();
                    rows.forEach(row -> summaries.add(new Numbered(summary(row), row.getLong("messages"))));
                    return summaries;
                });
    }

    /** Deletes old occurrences, at most {@code limit}; returns how many. */
    Uni<Integer> forgetOccurrences(SqlClient client, Duration age, int limit) {
        return forget(client, FORGET_OCCURRENCES, age, limit);
    }

    /** Deletes keys without recent alerts, at most {@code limit}; returns how many. */
    Uni<Integer> forgetKeys(SqlClient client, Duration age, int limit) {
        return forget(client, FORGET_KEYS, age, limit);
    }

    private static Uni<Integer> forget(SqlClient client, String what, Duration age, int limit) {
        return client.preparedQuery(what)
                .execute(Tuple.of((double) age.toSeconds(), limit))
                .map(rows -> rows.rowCount());
    }

    private static AlertMessage summary(Row row) {
        return new AlertMessage(
                row.getString("key"),
                row.getString("severity"),
                row.getString("title"),
                row.getString("detail"),
                row.getString("subject"),
                row.getLong("held_back"),
                true,
                time(row, "window_from"),
                time(row, "last_at"),
                row.getString("actor"),
                row.getString("trace_id"));
    }

    private static Instant time(Row row, String column) {
        return row.getOffsetDateTime(column).toInstant();
    }
}

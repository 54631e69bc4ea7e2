package org.pmsevents.event.handler;

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
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedEvent;

/** The SQL of the durable handlers: their cursors, and their dead letters. */
@ApplicationScoped
public class HandlerTable {
    private static final String ENROL = """
            INSERT INTO handler_cursor (handler, position) SELECT $1, pruned FROM feed_tail
            ON CONFLICT (handler) DO NOTHING
            """;

    private static final String TAKE = """
            SELECT position, attempts FROM handler_cursor
            WHERE handler = $1 AND (retry_at IS NULL OR retry_at <= now())
            FOR UPDATE SKIP LOCKED
            """;

    private static final String MOVE = """
            UPDATE handler_cursor
            SET position = $2, attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
            WHERE handler = $1
            """;

    private static final String POSTPONE = """
            UPDATE handler_cursor
            SET attempts = attempts + 1, retry_at = now() + $4 * interval '1 millisecond', last_error = $5, updated_at = now()
            WHERE handler = $1 AND position = $2 AND attempts = $3
            """;

    private static final String INSERT_DEAD_LETTER = """
            WITH moved AS (
              UPDATE handler_cursor
              SET position = $4, attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
              WHERE handler = $1 AND position = $2 AND attempts = $3
              RETURNING handler)
            INSERT INTO dead_letter (id, handler, position, event, attempts, error)
            SELECT $5, handler, $4, $6::text::json, $3 + 1, $7 FROM moved
            ON CONFLICT (handler, position) DO NOTHING
            """;

    private static final String DEAD_LETTERS = """
            SELECT id, handler, position, event::text AS event, attempts, error, parked_at AS stored_at
            FROM dead_letter WHERE id > $1 ORDER BY id LIMIT $2
            """;

    private static final String FIND_DEAD_LETTER = """
            SELECT id, handler, position, event::text AS event, attempts, error, parked_at AS stored_at
            FROM dead_letter WHERE id = $1
            """;

    private static final String TAKE_DEAD_LETTER = FIND_DEAD_LETTER + "FOR UPDATE";

    private static final String DELETE_DEAD_LETTER = "DELETE FROM dead_letter WHERE id = $1";

    private static final String STANDINGS = """
            SELECT c.handler, (SELECT head FROM feed_head) - c.position AS lag, b.handler IS NOT NULL AS behind,
                   (SELECT count(*) FROM dead_letter AS d WHERE d.handler = c.handler) AS dead_letters
            FROM handler_cursor AS c LEFT JOIN handler_behind AS b ON b.handler = c.handler
            """;

    private static final String FALL_BEHIND =
            "INSERT INTO handler_behind (handler) VALUES ($1) ON CONFLICT (handler) DO NOTHING";

    private static final String CATCH_UP = "DELETE FROM handler_behind WHERE handler = $1";

    /**
     * The progress of a handler.
     *
     * @param lag how many events it is behind the head
     * @param behind whether it is recorded as too far behind
     */
    record Standing(String handler, long lag, boolean behind, long deadLetters) {}

    /** The position of a handler, and how often the next event has failed. */
    record Cursor(long position, int attempts) {}

    /**
     * An event that a durable handler could not process.
     *
     * @param event its wire form
     * @param attempts how often the handler has failed on it
     */
    public record DeadLetter(
            UUID id, String handler, long position, String event, int attempts, String error, Instant storedAt) {}

    Uni<Void> enrol(SqlClient client, String handler) {
        return client.preparedQuery(ENROL).execute(Tuple.of(handler)).replaceWithVoid();
    }

    /** Locks and returns the cursor. Empty if another replica holds the lock, or a retry is not due yet. */
    Uni<Optional<Cursor>> take(SqlClient transaction, String handler) {
        return transaction.preparedQuery(TAKE).execute(Tuple.of(handler)).map(rows -> {
            for (var row : rows) {
                return Optional.of(new Cursor(row.getLong("position"), row.getInteger("attempts")));
            }
            return Optional.empty();
        });
    }

    Uni<Void> move(SqlClient transaction, String handler, long position) {
        return transaction
                .preparedQuery(MOVE)
                .execute(Tuple.of(handler, position))
                .replaceWithVoid();
    }

    Uni<Void> postpone(SqlClient client, String handler, Cursor cursor, Duration delay, String error) {
        return client.preparedQuery(POSTPONE)
                .execute(Tuple.of(handler, cursor.position(), cursor.attempts(), (double) delay.toMillis(), error))
                .replaceWithVoid();
    }

    /** Stores the event as a dead letter and moves the cursor past it; false if another replica has done so. */
    Uni<Boolean> insertDeadLetter(
            SqlClient client, String handler, Cursor cursor, FeedEvent event, UUID id, String error) {
        return client.preparedQuery(INSERT_DEAD_LETTER)
                .execute(Tuple.from(List.of(
                        handler, cursor.position(), cursor.attempts(), event.position(), id, event.json(), error)))
                .map(rows -> rows.rowCount() > 0);
    }

    Uni<List<DeadLetter>> deadLetters(SqlClient client, @Nullable UUID after, int limit) {
        return client.preparedQuery(DEAD_LETTERS)
                .execute(Tuple.of(after == null ? new UUID(0, 0) : after, limit))
                .map(rows -> {
                    var letters = new ArrayList<DeadLetter>(rows.size());
                    rows.forEach(row -> letters.add(deadLetter(row)));
                    return letters;
                });
    }

    Uni<Optional<DeadLetter>> findDeadLetter(SqlClient client, UUID id) {
        return deadLetter(client, FIND_DEAD_LETTER, id);
    }

    Uni<Optional<DeadLetter>> takeDeadLetter(SqlClient transaction, UUID id) {
        return deadLetter(transaction, TAKE_DEAD_LETTER, id);
    }

    private static Uni<Optional<DeadLetter>> deadLetter(SqlClient client, String query, UUID id) {
        return client.preparedQuery(query).execute(Tuple.of(id)).map(rows -> {
            for (var row : rows) {
                return Optional.of(deadLetter(row));
            }
            return Optional.empty();
        });
    }

    Uni<Void> deleteDeadLetter(SqlClient transaction, UUID id) {
        return transaction
                .preparedQuery(DELETE_DEAD_LETTER)
                .execute(Tuple.of(id))
                .replaceWithVoid();
    }

    Uni<List<Standing>> standings(SqlClient client) {
        return client.preparedQuery(STANDINGS).execute().map(rows -> {
            var standings = new ArrayList<Standing>(rows.size());
            rows.forEach(row -> standings.add(new Standing(
                    row.getString("handler"),
                    Math.max(0, row.getLong("lag")),
                    row.getBoolean("behind"),
                    row.getLong("dead_letters"))));
            return standings;
        });
    }

    /** Records that a handler is too far behind. False if another replica has done so. */
    Uni<Boolean> fallBehind(SqlClient transaction, String handler) {
        return transaction.preparedQuery(FALL_BEHIND).execute(Tuple.of(handler)).map(rows -> rows.rowCount() > 0);
    }

    Uni<Void> catchUp(SqlClient client, String handler) {
        return client.preparedQuery(CATCH_UP).execute(Tuple.of(handler)).replaceWithVoid();
    }

    private static DeadLetter deadLetter(Row row) {
        return new DeadLetter(
                row.getUUID("id"),
                row.getString("handler"),
                row.getLong("position"),
                row.getString("event"),
                row.getInteger("attempts"),
                row.getString("error"),
                row.getOffsetDateTime("stored_at").toInstant());
    }
}

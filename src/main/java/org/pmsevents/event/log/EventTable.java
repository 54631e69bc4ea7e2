package org.pmsevents.event.log;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;

/** The SQL of the feed: events are inserted without a position, get one from the sequencer, are read by it and in the end pruned. */
@ApplicationScoped
public class EventTable {
    private static final String COLUMNS =
            "position, id, type, subject, actor, trace_id, occurred_at, payload::text AS payload";

    /**
     * Begins an insert in a statement that makes the changes as well; to be followed by a query of these columns, payload as json,
     * that locks the changes' rows first and is in the order in which the events happened.
     */
    public static final String INSERT_INTO =
            "INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)";

    private static final String INSERT = INSERT_INTO + " VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)";

    /** One statement, which the server finishes by itself even if this replica is stopped; how it works stands beside its SQL. */
    private static final String SEQUENCE = "SELECT * FROM sequence_events($1)";

    /** Three calls, one after the other, raise it to what was the last seq at the first; how that works stands beside its SQL. */
    private static final String RAISE_LOW_WATERMARK =
            "SET LOCAL statement_timeout = '4s'; SELECT raise_low_watermark()";

    private static final String LOWER_LOW_WATERMARK = "SELECT lower_low_watermark() AS lowered";

    private static final String PRUNE = "SELECT deleted, unseen FROM prune_events($1, $2, $3)";

    /**
     * The first that waits tells for how long, by the begin of its transaction: none that has a later seq was committed before that seq was
     * given out.
     */
    private static final String STATE = """
            SELECT feed_id, head, pruned,
                   (SELECT extract(epoch FROM clock_timestamp() - stored_at)::float8
                    FROM event WHERE position IS NULL AND seq > floor ORDER BY seq LIMIT 1) AS waited,
                   (SELECT last_value - (NOT is_called)::int FROM event_seq_seq) > floor AS risen
            FROM feed_head, feed_tail
            """;

    private static final String READ = """
            SELECT head, pruned, e.*
            FROM (SELECT (SELECT head FROM feed_head) AS head, (SELECT pruned FROM feed_tail) AS pruned) AS ends
            LEFT JOIN LATERAL (
              SELECT %s FROM event
              WHERE position > greatest($1, pruned) AND position <= greatest(least($1, head), pruned) + $3 AND type = ANY($4)
              ORDER BY position LIMIT $2) AS e ON true
            ORDER BY e.position
            """.formatted(COLUMNS);

    private final EventCodec codec;

    EventTable(EventCodec codec) {
        this.codec = codec;
    }

    /**
     * What a glance at the feed shows: its identity, its ends, and whether there is work for the sequencer.
     *
     * @param waited no committed event has been without a position for longer than this; null where none is
     */
    public record State(
            UUID feedId, long head, long pruned, @Nullable Duration waited, boolean risen) {
        public boolean waiting() {
            return waited != null;
        }
    }

    /** Events that were given positions just now, and the head after that. */
    public record Sequenced(List<FeedEvent> events, long head) {}

    /**
     * A stretch of the feed.
     *
     * @param events the matching ones, in position order
     * @param lastLooked the last position looked at, matching or not; where to go on
     * @param pruned positions up to this one are no longer kept
     */
    public record Stretch(List<FeedEvent> events, long lastLooked, long head, long pruned) {
        /** Whether events between the position and these have been deleted; 0 stands for before the oldest kept one. */
        public boolean expired(long after) {
            return after != 0 && after < pruned;
        }
    }

    /** Inserts an event beside its change, in the transaction of the change, after the change's own rows. */
    public Uni<Void> insert(SqlClient transaction, EventMessage event) {
        var metadata = event.metadata();
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.from(List.of(
                        metadata.id(),
                        event.type().wireName(),
                        metadata.subject(),
                        metadata.actor(),
                        metadata.traceId(),
                        metadata.timestamp().atOffset(ZoneOffset.UTC),
                        event.payload())))
                .replaceWithVoid();
    }

    /** Gives the next positions to committed events, at most so many. */
    Uni<Sequenced> sequence(SqlClient client, int most) {
        return client.preparedQuery(SEQUENCE).execute(Tuple.of(most)).map(rows -> {
            var first = rows.iterator().next();
            return new Sequenced(first.getLong("position") == null ? List.of() : events(rows), first.getLong("head"));
        });
    }

    /** Goes one step towards a higher low watermark: below it the sequencer looks for nothing. */
    public Uni<Void> raiseLowWatermark(SqlClient client) {
        return client.query(RAISE_LOW_WATERMARK).execute().replaceWithVoid();
    }

    /** Whether events were waiting below the low watermark, where none can be; the sequencer finds them from now on. */
    public Uni<Boolean> lowerLowWatermark(SqlClient client) {
        return client.query(LOWER_LOW_WATERMARK)
                .execute()
                .map(rows -> rows.iterator().next().getBoolean("lowered"));
    }

    public Uni<State> state(SqlClient client) {
        return client.preparedQuery(STATE).execute().map(rows -> {
            var row = rows.iterator().next();
            return new State(
                    row.getUUID("feed_id"),
                    row.getLong("head"),
                    row.getLong("pruned"),
                    waited(row.getDouble("waited")),
                    row.getBoolean("risen"));
        });
    }

    private static @Nullable Duration waited(@Nullable Double seconds) {
        return seconds == null ? null : Duration.ofNanos((long) (Math.max(0, seconds) * 1e9));
    }

    /**
     * Reads what follows a position, from the oldest kept one where that is later.
     *
     * @param limit at most so many events
     * @param reach looks at no more than so many positions, so that a rare type costs no walk over the whole feed
     */
    public Uni<Stretch> read(SqlClient client, long after, int limit, int reach, Collection<EventType> types) {
        var names = types.stream().map(EventType::wireName).toArray(String[]::new);
        return client.preparedQuery(READ)
                .execute(Tuple.of(after, limit, (long) reach, names))
                .map(rows -> {
                    var first = rows.iterator().next();
                    long head = first.getLong("head");
                    long pruned = first.getLong("pruned");
                    if (first.getLong("position") == null) {
                        return new Stretch(List.of(), end(after, reach, head, pruned), head, pruned);
                    }
                    long looked = rows.size() < limit ? end(after, reach, head, pruned) : lastPosition(rows);
                    return new Stretch(events(rows), looked, head, pruned);
                });
    }

    private static long end(long after, int reach, long head, long pruned) {
        return after >= head ? after : Math.min(head, Math.max(after, pruned) + reach);
    }

    private static long lastPosition(RowSet<Row> rows) {
        long last = 0;
        for (var row : rows) {
            last = row.getLong("position");
        }
        return last;
    }

    /** How many events were deleted, and how many of those a durable handler had not seen. */
    public record Pruned(long deleted, long unseen) {}

    /**
     * Deletes the longest prefix of positions that is older than the retention; only beyond the hard limit also what a durable handler
     * has not seen.
     *
     * @param rows at most so many events
     */
    public Uni<Pruned> prune(SqlClient client, Duration retention, Duration hardLimit, int rows) {
        return client.preparedQuery(PRUNE)
                .execute(Tuple.of((double) retention.toSeconds(), (double) hardLimit.toSeconds(), rows))
                .map(result -> {
                    var row = result.iterator().next();
                    return new Pruned(row.getLong("deleted"), row.getLong("unseen"));
                });
    }

    private List<FeedEvent> events(RowSet<Row> rows) {
        var events = new ArrayList<FeedEvent>(rows.size());
        for (var row : rows) {
            EventType.named(row.getString("type"))
                    .ifPresent(type -> events.add(codec.encodeFeed(row.getLong("position"), message(type, row))));
        }
        return events;
    }

    private static EventMessage message(EventType type, Row row) {
        return new EventMessage(
                type,
                row.getString("payload"),
                new EventMetadata(
                        row.getOffsetDateTime("occurred_at").toInstant(),
                        row.getString("actor"),
                        row.getString("trace_id"),
                        row.getUUID("id"),
                        row.getString("subject"),
                        null));
    }
}

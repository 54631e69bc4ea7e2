package org.pmsevents.event.log;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;

/** The SQL of the feed. Events are inserted without a position, get one from the sequencer, are read by position, and are pruned. */
@ApplicationScoped
public class EventTable {
    private static final String COLUMNS =
            "position, id, type, subject, actor, trace_id, occurred_at, payload::text AS payload";

    /**
     * The start of an insert, for a statement that also makes the changes. A query of these columns must follow, with the payload as json.
     * It must lock the rows of the changes first, and return the events in the order in which they happened.
     */
    public static final String INSERT_INTO =
            "INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)";

    private static final String INSERT = INSERT_INTO + " VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)";

    /** One statement, which the server completes even if this replica stops. The SQL of the function explains how it works. */
    private static final String SEQUENCE = "SELECT * FROM sequence_events($1)";

    /**
     * The same beside a change, in its transaction; no row if somebody else is giving positions. Not prepared: on a new connection the commit
     * would wait for that, with the rows of the change locked.
     */
    private static final String SEQUENCE_AT_ONCE = "SELECT * FROM sequence_events_at_once(%d)";

    /** Two consecutive calls raise the low watermark to the last seq at the time of the first. The SQL of the function explains how. */
    private static final String RAISE_LOW_WATERMARK =
            "SET LOCAL statement_timeout = '4s'; SELECT raise_low_watermark()";

    private static final String LOWER_LOW_WATERMARK = "SELECT lower_low_watermark() AS lowered";

    private static final String PRUNE = "SELECT deleted, unseen FROM prune_events($1, $2, $3)";

    /**
     * {@code waited} is the age of the first event without a position, from the begin of its transaction. An event with a higher seq can't
     * have been committed earlier than that seq was assigned.
     */
    private static final String STATE = """
            SELECT feed_id, previous_id, head, pruned,
                   (SELECT id FROM event WHERE position = head) AS head_event,
                   coalesce((f.system_id, f.database_id, f.timeline) IS DISTINCT FROM
                     (coalesce(i.system_id, f.system_id), coalesce(i.database_id, f.database_id), coalesce(i.timeline, f.timeline))
                     OR mark_xid >= pg_snapshot_xmax(pg_current_snapshot()), false) AS moved,
                   i.system_id IS NOT NULL AND i.timeline IS NOT NULL AS identified,
                   EXISTS (SELECT FROM unnest($1::bigint[], $2::uuid[]) AS k (position, id)
                           WHERE (SELECT e.id FROM event AS e WHERE e.position = k.position) <> k.id) AS rewritten,
                   (SELECT extract(epoch FROM clock_timestamp() - stored_at)::float8
                    FROM event WHERE position IS NULL AND seq > floor ORDER BY seq LIMIT 1) AS waited,
                   (SELECT last_value - (NOT is_called)::int FROM event_seq_seq) > floor AS risen,
                   clock_timestamp() AS now
            FROM (SELECT * FROM feed_head LIMIT 1) AS f, (SELECT * FROM feed_tail LIMIT 1) AS t, feed_identity() AS i
            """;

    private static final String HEAD = "SELECT feed_id, head FROM feed_head LIMIT 1";

    private static final String CHECK = "SELECT check_feed($1, $2, $3, $4) AS reason";

    private static final String READ = """
            SELECT feed_id, head, pruned, e.*
            FROM (SELECT h.feed_id, h.head, t.pruned
                  FROM (SELECT * FROM feed_head LIMIT 1) AS h, (SELECT * FROM feed_tail LIMIT 1) AS t) AS ends
            LEFT JOIN LATERAL (
              SELECT %s FROM event
              WHERE position > greatest($1, pruned) AND position <= greatest(least($1, head), pruned) + $3 AND type = ANY($4)
              ORDER BY position LIMIT $2) AS e ON true
            ORDER BY e.position
            """.formatted(COLUMNS);

    private static final String AT = "SELECT " + COLUMNS + " FROM event WHERE position = ANY($1) ORDER BY position";

    private final EventCodec codec;

    EventTable(EventCodec codec) {
        this.codec = codec;
    }

    /**
     * State of the feed: its id, its first and last positions, and whether there is work for the sequencer.
     *
     * @param waited upper bound of how long a committed event has been without a position; null if every one has a position
     * @param risen whether the low watermark can be raised
     * @param now PostgreSQL's time
     * @param previousId the epoch whose place this one took in the same database; null if none
     * @param headEvent the id of the event at the head; null if it is not stored
     * @param moved whether the database is another than the one that the feed has been in, or may have gone back
     * @param identified whether PostgreSQL tells its system identifier and timeline
     * @param rewritten whether a position of the caller's events holds another event now
     */
    public record State(
            UUID feedId,
            long head,
            long pruned,
            @Nullable Duration waited,
            boolean risen,
            Instant now,
            @Nullable UUID previousId,
            @Nullable UUID headEvent,
            boolean moved,
            boolean identified,
            boolean rewritten) {
        public boolean waiting() {
            return waited != null;
        }
    }

    /** Events that a replica knows of: their positions, and their ids in the same order. */
    public record Known(List<Long> positions, List<UUID> ids) {
        public static final Known NOTHING = new Known(List.of(), List.of());
    }

    /**
     * What a transaction sees of the feed: all that has a position up to the head was committed before.
     *
     * @param epoch the feed id
     */
    public record Head(String epoch, long position) {}

    /** Events to which a call gave positions, and the head after the call. The epoch is the one that the caller knew before the call. */
    public record Sequenced(List<FeedEvent> events, long head, String epoch) {}

    /**
     * A part of the feed.
     *
     * @param events the matching events, in position order
     * @param lastLooked the last position examined, matching or not; the next read continues after it
     * @param pruned the last position that has been deleted
     * @param epoch the feed id
     */
    public record Stretch(List<FeedEvent> events, long lastLooked, long head, long pruned, String epoch) {
        /** Whether events right after the position have been deleted. Position 0 stands for the oldest stored event and never expires. */
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

    /** Gives the next positions to at most {@code most} committed events. */
    Uni<Sequenced> sequence(SqlClient client, int most, String epoch) {
        return client.preparedQuery(SEQUENCE).execute(Tuple.of(most)).map(rows -> sequenced(rows, epoch));
    }

    /** The same in the transaction of a change, after its statement; empty if somebody else is giving positions. */
    Uni<Optional<Sequenced>> sequenceAtOnce(SqlClient transaction, int most, String epoch) {
        return transaction
                .query(SEQUENCE_AT_ONCE.formatted(most))
                .execute()
                .map(rows -> rows.size() == 0 ? Optional.empty() : Optional.of(sequenced(rows, epoch)));
    }

    private Sequenced sequenced(RowSet<Row> rows, String epoch) {
        var first = rows.iterator().next();
        return new Sequenced(
                first.getLong("position") == null ? List.of() : events(rows), first.getLong("head"), epoch);
    }

    /** Takes one step towards a higher low watermark. The sequencer does not search below it. */
    public Uni<Void> raiseLowWatermark(SqlClient client) {
        return client.query(RAISE_LOW_WATERMARK).execute().replaceWithVoid();
    }

    /** Lowers the low watermark if events without a position are below it, which should not happen. Returns whether it did. */
    public Uni<Boolean> lowerLowWatermark(SqlClient client) {
        return client.query(LOWER_LOW_WATERMARK)
                .execute()
                .map(rows -> rows.iterator().next().getBoolean("lowered"));
    }

    public Uni<State> state(SqlClient client) {
        return state(client, Known.NOTHING);
    }

    /** @param known events that the caller has seen, to find out whether their positions hold other events now; few */
    public Uni<State> state(SqlClient client, Known known) {
        return client.preparedQuery(STATE)
                .execute(Tuple.of(positions(known), ids(known)))
                .map(rows -> {
                    var row = rows.iterator().next();
                    return new State(
                            row.getUUID("feed_id"),
                            row.getLong("head"),
                            row.getLong("pruned"),
                            waited(row.getDouble("waited")),
                            row.getBoolean("risen"),
                            row.getOffsetDateTime("now").toInstant(),
                            row.getUUID("previous_id"),
                            row.getUUID("head_event"),
                            row.getBoolean("moved"),
                            row.getBoolean("identified"),
                            row.getBoolean("rewritten"));
                });
    }

    /** Returns the head as the client's transaction sees it. */
    public Uni<Head> head(SqlClient client) {
        return client.preparedQuery(HEAD).execute().map(rows -> {
            var row = rows.iterator().next();
            return new Head(row.getUUID("feed_id").toString(), row.getLong("head"));
        });
    }

    /**
     * Begins a new epoch if the database is a copy or has gone back; otherwise notes its identity. In the cluster one call begins it.
     *
     * @param highest the highest position known from outside of the database before this call; null if none is
     * @return why a new epoch was begun by this call: {@code copied}, {@code behind}, {@code rewritten}, {@code unproven}; or empty
     */
    public Uni<Optional<String>> check(SqlClient client, UUID feedId, @Nullable Long highest, Known known) {
        var given = Tuple.tuple()
                .addUUID(feedId)
                .addLong(highest)
                .addArrayOfLong(positions(known))
                .addArrayOfUUID(ids(known));
        return client.preparedQuery(CHECK)
                .execute(given)
                .map(rows -> Optional.ofNullable(rows.iterator().next().getString("reason")));
    }

    private static Long[] positions(Known known) {
        return known.positions().toArray(Long[]::new);
    }

    private static UUID[] ids(Known known) {
        return known.ids().toArray(UUID[]::new);
    }

    private static @Nullable Duration waited(@Nullable Double seconds) {
        return seconds == null ? null : Duration.ofNanos((long) (Math.max(0, seconds) * 1e9));
    }

    /**
     * Reads events after a position, or from the oldest stored one if that is later.
     *
     * @param limit how many events to return at most
     * @param reach how many positions to examine at most, so that a rare type does not cost a scan of the whole feed
     */
    public Uni<Stretch> read(SqlClient client, long after, int limit, int reach, Collection<EventType> types) {
        var names = types.stream().map(EventType::wireName).toArray(String[]::new);
        return client.preparedQuery(READ)
                .execute(Tuple.of(after, limit, (long) reach, names))
                .map(rows -> {
                    var first = rows.iterator().next();
                    long head = first.getLong("head");
                    long pruned = first.getLong("pruned");
                    var epoch = first.getUUID("feed_id").toString();
                    if (first.getLong("position") == null) {
                        return new Stretch(List.of(), end(after, reach, head, pruned), head, pruned, epoch);
                    }
                    long looked = rows.size() < limit ? end(after, reach, head, pruned) : lastPosition(rows);
                    return new Stretch(events(rows), looked, head, pruned, epoch);
                });
    }

    /** The events at these positions, in order; what is no longer stored is left out. */
    public Uni<List<FeedEvent>> at(SqlClient client, Collection<Long> positions) {
        return client.preparedQuery(AT)
                .execute(Tuple.of(positions.toArray(Long[]::new)))
                .map(this::events);
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
     * Deletes the longest prefix of positions that is older than the retention. Events that a durable handler has not seen are deleted only
     * beyond the hard limit.
     *
     * @param rows how many events to delete at most
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

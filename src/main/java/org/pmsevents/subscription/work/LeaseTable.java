package org.pmsevents.subscription.work;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionTable;

/** The SQL of those who deliver: who works, who delivers what, and how far it has come. All times are PostgreSQL's. */
@ApplicationScoped
class LeaseTable {
    /** A replica that is killed is succeeded when its leases have ended. */
    static final Duration LEASE = Duration.ofSeconds(15);

    /** Nothing is sent in the last part of a lease that could not be renewed. */
    private static final Duration MARGIN = Duration.ofSeconds(2);

    private static final String HEARTBEAT = """
            WITH gone AS (DELETE FROM subscription_worker WHERE until < now() - interval '1 hour')
            INSERT INTO subscription_worker (replica, until) VALUES ($1, now() + $2 * interval '1 millisecond')
            ON CONFLICT (replica) DO UPDATE SET until = excluded.until
            """;

    private static final String SIGN_OFF = "DELETE FROM subscription_worker WHERE replica = $1";

    private static final String SHARES = """
            SELECT (SELECT count(*) FROM subscription_worker WHERE until > now()) AS workers,
                   (SELECT count(*) FROM subscription WHERE state = 'active' AND kind = ANY($1)) AS active
            """;

    private static final String MINE =
            "SELECT id, token, version FROM subscription WHERE owner = $1 AND state = 'active'";

    private static final String CLAIM = """
            WITH free AS MATERIALIZED (
              SELECT id FROM subscription
              WHERE state = 'active' AND kind = ANY($2) AND (lease_until IS NULL OR lease_until < now())
              ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
            UPDATE subscription AS s
            SET owner = $1, token = s.token + 1, lease_until = now() + $4 * interval '1 millisecond'
            FROM free WHERE s.id = free.id
            RETURNING\s""" + SubscriptionTable.COLUMNS;

    /**
     * What was stored as held, but not passed by the cursor, is read again. A row without a position for who has nothing held; no row for whose
     * lease is another's by now.
     */
    private static final String HELD = """
            WITH mine AS MATERIALIZED (
              SELECT s.id, s.position FROM subscription AS s
              JOIN unnest($1::uuid[], $2::bigint[]) AS c (id, token) ON s.id = c.id AND s.token = c.token
              WHERE s.owner = $3),
            gone AS (
              DELETE FROM subscription_held AS h USING mine WHERE h.subscription = mine.id AND h.position > mine.position)
            SELECT mine.id AS subscription, h.position, h.head, h.attempts, extract(epoch FROM since)::float8 AS since,
                   extract(epoch FROM retry_at)::float8 AS retry_at
            FROM mine LEFT JOIN subscription_held AS h ON h.subscription = mine.id AND h.position <= mine.position
            """;

    /** One statement for all of a replica: renews, and moves the cursors. */
    private static final String MOVE = """
            UPDATE subscription AS s
            SET position = m.position, attempts = greatest(s.attempts, m.attempts),
                last_success_at = greatest(s.last_success_at, m.success_at),
                last_error = coalesce(m.error, s.last_error), last_error_at = coalesce(m.error_at, s.last_error_at),
                owner = CASE WHEN m.ends THEN NULL ELSE s.owner END,
                lease_until = CASE WHEN m.ends THEN NULL ELSE now() + $9 * interval '1 millisecond' END
            FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[], $8::timestamptz[], $10::boolean[])
                 AS m (id, token, position, attempts, success_at, error, error_at, ends)
            WHERE s.id = m.id AND s.owner = $1 AND s.token = m.token
            RETURNING s.id
            """;

    private static final String FENCE =
            "SELECT 1 FROM subscription WHERE id = $1 AND owner = $2 AND token = $3 FOR UPDATE";

    private static final String HOLD = """
            INSERT INTO subscription_held (subscription, position, head, attempts, since, retry_at)
            SELECT $1, h.position, h.head, h.attempts, h.since, h.retry_at
            FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::timestamptz[], $6::timestamptz[])
                 AS h (position, head, attempts, since, retry_at)
            ON CONFLICT (subscription, position) DO UPDATE
            SET head = excluded.head, attempts = excluded.attempts, since = excluded.since, retry_at = excluded.retry_at
            """;

    private static final String RELEASE_HELD =
            "DELETE FROM subscription_held WHERE subscription = $1 AND position = ANY($2)";

    private static final String NOTE = """
            INSERT INTO subscription_attempt (subscription, slot, number, at, webhook_id, position, events, status, millis, error, answer)
            SELECT a.subscription, a.number % 100, a.number, a.at, a.webhook_id, a.position, a.events, a.status, a.millis, a.error, a.answer
            FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::text[], $10::text[])
                 AS a (subscription, number, at, webhook_id, position, events, status, millis, error, answer)
            JOIN subscription AS s ON s.id = a.subscription
            ON CONFLICT (subscription, slot) DO UPDATE
            SET number = excluded.number, at = excluded.at, webhook_id = excluded.webhook_id, position = excluded.position,
                events = excluded.events, status = excluded.status, millis = excluded.millis, error = excluded.error, answer = excluded.answer
            """;

    private static final String DISABLE = """
            UPDATE subscription
            SET state = 'disabled', reason = $4, last_error = $5, last_error_at = now(), told = false, owner = NULL, lease_until = NULL,
                version = version + 1
            WHERE id = $1 AND owner = $2 AND token = $3 AND state = 'active'
            """;

    /** Until when a lease that was taken or renewed at this time is held for certain, by {@link System#nanoTime}. */
    static long heldUntil(long begun) {
        return begun + LEASE.minus(MARGIN).toNanos();
    }

    /** What became of one of this replica's. */
    record Mine(UUID id, long token, long version) {}

    /** How many replicas deliver, and how many subscriptions there are to deliver. */
    record Shares(int workers, int active) {}

    /** The held position of a subscription, without its event. */
    record HeldRow(long position, @Nullable Long head, int attempts, long since, long retryAt) {}

    /** Where one has come to. */
    record Move(
            UUID id,
            long token,
            long position,
            long attempts,
            @Nullable Instant successAt,
            @Nullable String error,
            @Nullable Instant errorAt,
            boolean ends) {}

    /** An attempt to be noted. */
    record Noted(UUID subscription, SubscriptionTable.Attempt attempt) {}

    Uni<Void> heartbeat(SqlClient client, String replica, long leaseMillis) {
        return client.preparedQuery(HEARTBEAT)
                .execute(Tuple.of(replica, (double) leaseMillis))
                .replaceWithVoid();
    }

    Uni<Void> signOff(SqlClient client, String replica) {
        return client.preparedQuery(SIGN_OFF).execute(Tuple.of(replica)).replaceWithVoid();
    }

    Uni<Shares> shares(SqlClient client, String[] kinds) {
        return client.preparedQuery(SHARES).execute(Tuple.of(kinds)).map(rows -> {
            var row = rows.iterator().next();
            return new Shares(
                    row.getLong("workers").intValue(), row.getLong("active").intValue());
        });
    }

    Uni<List<Mine>> mine(SqlClient client, String replica) {
        return client.preparedQuery(MINE)
                .execute(Tuple.of(replica))
                .map(rows ->
                        all(rows, row -> new Mine(row.getUUID("id"), row.getLong("token"), row.getLong("version"))));
    }

    Uni<List<Subscription>> claim(SqlClient client, String replica, String[] kinds, int most, long leaseMillis) {
        return client.preparedQuery(CLAIM)
                .execute(Tuple.of(replica, kinds, most, (double) leaseMillis))
                .map(rows -> all(rows, SubscriptionTable::subscription));
    }

    /** What each of those has held that were claimed and are still this replica's. */
    Uni<Map<UUID, List<HeldRow>>> held(SqlClient client, String replica, List<Subscription> claimed) {
        return client.preparedQuery(HELD)
                .execute(Tuple.of(
                        array(claimed, Subscription::id, UUID[]::new),
                        array(claimed, Subscription::token, Long[]::new),
                        replica))
                .map(rows -> {
                    var held = new HashMap<UUID, List<HeldRow>>();
                    for (var row : rows) {
                        var all = held.computeIfAbsent(row.getUUID("subscription"), first -> new ArrayList<>());
                        @Nullable Long position = row.getLong("position");
                        if (position != null) {
                            all.add(new HeldRow(
                                    position,
                                    row.getLong("head"),
                                    row.getInteger("attempts"),
                                    millis(row.getDouble("since")),
                                    millis(row.getDouble("retry_at"))));
                        }
                    }
                    return held;
                });
    }

    /** Renews the leases and moves the cursors; returns whose lease was still held. */
    Uni<List<UUID>> move(SqlClient client, String replica, List<Move> moves, long leaseMillis) {
        return client.preparedQuery(MOVE)
                .execute(Tuple.from(Arrays.asList(
                        replica,
                        array(moves, Move::id, UUID[]::new),
                        array(moves, Move::token, Long[]::new),
                        array(moves, Move::position, Long[]::new),
                        array(moves, Move::attempts, Long[]::new),
                        array(moves, move -> time(move.successAt()), OffsetDateTime[]::new),
                        array(moves, Move::error, String[]::new),
                        array(moves, move -> time(move.errorAt()), OffsetDateTime[]::new),
                        (double) leaseMillis,
                        array(moves, Move::ends, Boolean[]::new))))
                .map(rows -> all(rows, row -> row.getUUID("id")));
    }

    /** Locks one whose lease this replica holds; false if it does not. */
    Uni<Boolean> fence(SqlClient transaction, UUID id, String replica, long token) {
        return transaction
                .preparedQuery(FENCE)
                .execute(Tuple.of(id, replica, token))
                .map(rows -> rows.size() > 0);
    }

    Uni<Void> hold(SqlClient transaction, UUID id, Lanes.Progress progress) {
        var held = progress.held();
        return transaction
                .preparedQuery(RELEASE_HELD)
                .execute(Tuple.of(id, progress.delivered().toArray(Long[]::new)))
                .chain(done -> transaction
                        .preparedQuery(HOLD)
                        .execute(Tuple.from(Arrays.asList(
                                id,
                                array(held, each -> each.event().position(), Long[]::new),
                                array(held, Lanes.Held::head, Long[]::new),
                                array(held, Lanes.Held::attempts, Integer[]::new),
                                array(held, each -> ofMillis(each.since()), OffsetDateTime[]::new),
                                array(held, each -> ofMillis(each.retryAt()), OffsetDateTime[]::new)))))
                .replaceWithVoid();
    }

    Uni<Void> note(SqlClient client, List<Noted> noted) {
        return client.preparedQuery(NOTE)
                .execute(Tuple.from(Arrays.asList(
                        array(noted, Noted::subscription, UUID[]::new),
                        array(noted, each -> each.attempt().number(), Long[]::new),
                        array(noted, each -> time(each.attempt().at()), OffsetDateTime[]::new),
                        array(noted, each -> each.attempt().webhookId(), String[]::new),
                        array(noted, each -> each.attempt().position(), Long[]::new),
                        array(noted, each -> each.attempt().events(), Integer[]::new),
                        array(noted, each -> each.attempt().status(), Integer[]::new),
                        array(noted, each -> each.attempt().millis(), Integer[]::new),
                        array(noted, each -> each.attempt().error(), String[]::new),
                        array(noted, each -> each.attempt().answer(), String[]::new))))
                .replaceWithVoid();
    }

    Uni<Boolean> disable(SqlClient client, UUID id, String replica, long token, String reason, String error) {
        return client.preparedQuery(DISABLE)
                .execute(Tuple.from(Arrays.asList(id, replica, token, reason, error)))
                .map(rows -> rows.rowCount() > 0);
    }

    private static <T, S> S[] array(
            List<T> from, Function<T, @Nullable S> value, java.util.function.IntFunction<S[]> make) {
        return from.stream().map(value).toArray(make);
    }

    private static <T> List<T> all(Iterable<Row> rows, Function<Row, T> read) {
        var all = new ArrayList<T>();
        rows.forEach(row -> all.add(read.apply(row)));
        return all;
    }

    private static long millis(@Nullable Double seconds) {
        return seconds == null ? 0 : (long) (seconds * 1_000);
    }

    private static @Nullable OffsetDateTime ofMillis(long millis) {
        return millis == 0 ? null : time(Instant.ofEpochMilli(millis));
    }

    private static @Nullable OffsetDateTime time(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }
}

package org.pmsevents.subscription;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.sqlclient.DatabaseException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.ListQuery;
import org.pmsevents.platform.identity.UuidV7;

/** The SQL of subscriptions as people change them, and of their audit. */
@ApplicationScoped
public class SubscriptionTable {
    /** What {@link #subscription} reads. */
    public static final String COLUMNS =
            "s.id, s.name, s.types, s.subjects, s.locations, s.changed, s.exclude_actors, s.kind, s.delivery::text AS delivery,"
                    + " s.state, s.reason, s.version, s.position, s.secret,"
                    + " CASE WHEN s.previous_until > now() THEN s.previous_secret END AS previous_secret,"
                    + " s.token, s.attempts, s.last_success_at, s.last_error, s.last_error_at, s.created_at, s.created_by";

    private static final String SHOWN = "SELECT " + COLUMNS + ", (SELECT feed_id FROM feed_head) AS feed_id,"
            + " greatest((SELECT head FROM feed_head) - s.position, 0) AS lag,"
            + " (SELECT e.stored_at FROM event AS e WHERE e.position >= coalesce("
            + "(SELECT min(h.position) FROM subscription_held AS h WHERE h.subscription = s.id), s.position + 1)"
            + " ORDER BY e.position LIMIT 1) AS oldest,"
            + " (SELECT count(*) FROM subscription_held AS h WHERE h.subscription = s.id) AS held"
            + " FROM subscription AS s";

    private static final String ENDS =
            "SELECT (SELECT feed_id FROM feed_head) AS feed_id, (SELECT head FROM feed_head) AS head, (SELECT pruned FROM feed_tail) AS pruned";

    private static final String FIRST_HELD =
            "SELECT min(position) AS first FROM subscription_held WHERE subscription = $1";

    private static final String INSERT = """
            INSERT INTO subscription (id, name, types, subjects, locations, changed, exclude_actors, kind, delivery, state, position, secret,
                                      created_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json, 'active', $10, $11, $12)
            ON CONFLICT (name) DO NOTHING
            """;

    /** Takes it from whoever delivers or pulls it: that one goes by the former filter. */
    private static final String UPDATE = """
            UPDATE subscription
            SET name = $2, types = $3, subjects = $4, locations = $5, changed = $6, exclude_actors = $7, delivery = $8::text::json,
                version = version + 1, token = token + 1, owner = NULL, lease_until = NULL, pull_id = NULL, pull_upto = NULL
            WHERE id = $1
            """;

    private static final String LOCK = SHOWN + " WHERE s.id = $1 FOR UPDATE OF s";

    private static final String DELETE = "DELETE FROM subscription WHERE id = $1";

    /** Whoever delivers it notices by the version, and stores how far it has come. */
    private static final String SET_STATE =
            "UPDATE subscription SET state = $2, reason = NULL, told = false, version = version + 1 WHERE id = $1";

    /** Everything is tried at once, as if it had not failed before. */
    private static final String RETRY_ALL = """
            UPDATE subscription_held SET retry_at = now(), since = now(), attempts = least(attempts, 1)
            WHERE subscription = $1 AND head IS NOT NULL
            """;

    private static final String REPLAY = """
            WITH gone AS (DELETE FROM subscription_held WHERE subscription = $1)
            UPDATE subscription
            SET position = $2, reason = CASE WHEN state = 'disabled' THEN reason END, version = version + 1, token = token + 1, owner = NULL,
                lease_until = NULL, pull_id = NULL, pull_upto = NULL
            WHERE id = $1
            """;

    private static final String ROTATE = """
            UPDATE subscription SET previous_secret = secret, previous_until = now() + interval '24 hours', secret = $2, version = version + 1
            WHERE id = $1
            """;

    private static final String NOTE = """
            INSERT INTO subscription_change (id, change, subscription, name, detail, actor, trace_id)
            VALUES ($1, $2, $3, $4, $5::text::json, $6, $7)
            """;

    private static final String CHANGES =
            "SELECT id, change, subscription, name, detail::text AS detail, changed_at, actor, trace_id FROM subscription_change";

    private static final String ATTEMPTS = """
            SELECT number, at, webhook_id, position, events, status, millis, error, answer FROM subscription_attempt
            WHERE subscription = $1 ORDER BY number DESC LIMIT 100
            """;

    private static final String UNIQUE_VIOLATION = "23505";

    private final Clock clock;

    SubscriptionTable(Clock clock) {
        this.clock = clock;
    }

    /** What a person gives; written as JSON into the audit. */
    @RegisterForReflection
    public record Wanted(
            String name,
            SubscriptionFilter filter,
            String kind,
            @JsonRawValue String delivery) {}

    /** The ends of the feed. */
    public record Ends(String epoch, long head, long pruned) {}

    /**
     * A subscription and where it stands.
     *
     * @param lag positions from its cursor to the head
     * @param oldest when the oldest event was stored that may not be delivered; null if there is none
     * @param held events behind the cursor that are not delivered
     */
    public record Standing(
            Subscription subscription,
            String epoch,
            long lag,
            @Nullable Instant oldest,
            long held) {}

    /** An entry of the audit; {@code detail} is JSON. */
    public record Change(
            UUID id,
            String change,
            UUID subscription,
            String name,
            @Nullable String detail,
            Instant at,
            String actor,
            String traceId) {}

    /** An attempt at a delivery. */
    public record Attempt(
            long number,
            Instant at,
            String webhookId,
            @Nullable Long position,
            int events,
            @Nullable Integer status,
            int millis,
            @Nullable String error,
            @Nullable String answer) {}

    public Uni<Ends> ends(SqlClient client) {
        return client.preparedQuery(ENDS).execute().map(rows -> {
            var row = rows.iterator().next();
            return new Ends(row.getUUID("feed_id").toString(), row.getLong("head"), row.getLong("pruned"));
        });
    }

    /** The first position behind the cursor whose event is not delivered; empty if there is none. */
    public Uni<Optional<Long>> firstHeld(SqlClient client, UUID id) {
        return client.preparedQuery(FIRST_HELD)
                .execute(Tuple.of(id))
                .map(rows -> Optional.ofNullable(rows.iterator().next().getLong("first")));
    }

    /** False if there is one of that name. */
    public Uni<Boolean> insert(
            SqlClient transaction, UUID id, Wanted wanted, long position, @Nullable String secret, String actor) {
        var filter = wanted.filter();
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.from(Arrays.asList(
                        id,
                        wanted.name(),
                        array(filter.types()),
                        array(filter.subjects()),
                        array(filter.locations()),
                        array(filter.changed()),
                        array(filter.excludeActors()),
                        wanted.kind(),
                        wanted.delivery(),
                        position,
                        secret,
                        actor)))
                .map(rows -> rows.rowCount() > 0);
    }

    /** Whether a failure of {@link #update} is that there is another one of that name. */
    public static boolean isNameTaken(Throwable failure) {
        return failure instanceof DatabaseException refusal && UNIQUE_VIOLATION.equals(refusal.getSqlState());
    }

    public Uni<Void> update(SqlClient transaction, UUID id, Wanted wanted) {
        var filter = wanted.filter();
        return transaction
                .preparedQuery(UPDATE)
                .execute(Tuple.from(Arrays.asList(
                        id,
                        wanted.name(),
                        array(filter.types()),
                        array(filter.subjects()),
                        array(filter.locations()),
                        array(filter.changed()),
                        array(filter.excludeActors()),
                        wanted.delivery())))
                .replaceWithVoid();
    }

    /** Locks one for a change. */
    public Uni<Optional<Standing>> lock(SqlClient transaction, UUID id) {
        return transaction.preparedQuery(LOCK).execute(Tuple.of(id)).map(SubscriptionTable::first);
    }

    public Uni<Optional<Standing>> find(SqlClient client, UUID id) {
        return ListQuery.of(SHOWN).where("s.id = ?", id).execute(client).map(SubscriptionTable::first);
    }

    /** In the order of their names. */
    public Uni<List<Standing>> list(SqlClient client, @Nullable String after, int limit) {
        return ListQuery.of(SHOWN)
                .when(after != null, "s.name > ?", after)
                .end("ORDER BY s.name LIMIT ?", limit)
                .execute(client)
                .map(SubscriptionTable::standings);
    }

    public Uni<Void> delete(SqlClient transaction, UUID id) {
        return transaction.preparedQuery(DELETE).execute(Tuple.of(id)).replaceWithVoid();
    }

    /** Where it becomes active, everything that is held is tried at once, as if it had not failed before. */
    public Uni<Void> setState(SqlClient transaction, UUID id, String state) {
        return transaction
                .preparedQuery(SET_STATE)
                .execute(Tuple.of(id, state))
                .chain(done -> state.equals(Subscription.ACTIVE)
                        ? transaction.preparedQuery(RETRY_ALL).execute(Tuple.of(id))
                        : Uni.createFrom().nullItem())
                .replaceWithVoid();
    }

    /** Sets the cursor. */
    public Uni<Void> replay(SqlClient transaction, UUID id, long position) {
        return transaction.preparedQuery(REPLAY).execute(Tuple.of(id, position)).replaceWithVoid();
    }

    /** Sets the secret; the one before signs beside it for a day. */
    public Uni<Void> rotate(SqlClient transaction, UUID id, String secret) {
        return transaction.preparedQuery(ROTATE).execute(Tuple.of(id, secret)).replaceWithVoid();
    }

    /** Writes an entry of the audit. */
    public Uni<Void> note(
            SqlClient transaction,
            String change,
            UUID id,
            String name,
            @Nullable String detail,
            RequestContext context) {
        return transaction
                .preparedQuery(NOTE)
                .execute(Tuple.from(Arrays.asList(
                        UuidV7.next(clock), change, id, name, detail, context.actor(), context.traceId())))
                .replaceWithVoid();
    }

    /** The newest first. */
    public Uni<List<Change>> changes(SqlClient client, @Nullable UUID after, int limit) {
        return ListQuery.of(CHANGES)
                .when(after != null, "id < ?", after)
                .end("ORDER BY id DESC LIMIT ?", limit)
                .execute(client)
                .map(rows -> {
                    var all = new ArrayList<Change>(rows.size());
                    rows.forEach(row -> all.add(new Change(
                            row.getUUID("id"),
                            row.getString("change"),
                            row.getUUID("subscription"),
                            row.getString("name"),
                            row.getString("detail"),
                            row.getOffsetDateTime("changed_at").toInstant(),
                            row.getString("actor"),
                            row.getString("trace_id"))));
                    return all;
                });
    }

    /** The newest first. */
    public Uni<List<Attempt>> attempts(SqlClient client, UUID id) {
        return client.preparedQuery(ATTEMPTS).execute(Tuple.of(id)).map(rows -> {
            var all = new ArrayList<Attempt>(rows.size());
            rows.forEach(row -> all.add(new Attempt(
                    row.getLong("number"),
                    row.getOffsetDateTime("at").toInstant(),
                    row.getString("webhook_id"),
                    row.getLong("position"),
                    row.getInteger("events"),
                    row.getInteger("status"),
                    row.getInteger("millis"),
                    row.getString("error"),
                    row.getString("answer"))));
            return all;
        });
    }

    private static Optional<Standing> first(RowSet<Row> rows) {
        return standings(rows).stream().findFirst();
    }

    private static List<Standing> standings(RowSet<Row> rows) {
        var all = new ArrayList<Standing>(rows.size());
        rows.forEach(row -> all.add(new Standing(
                subscription(row),
                row.getUUID("feed_id").toString(),
                row.getLong("lag"),
                time(row, "oldest"),
                row.getLong("held"))));
        return all;
    }

    /** A row of {@link #COLUMNS}. */
    public static Subscription subscription(Row row) {
        var secrets = new ArrayList<String>();
        for (var column : List.of("secret", "previous_secret")) {
            var secret = row.getString(column);
            if (secret != null) {
                secrets.add(secret);
            }
        }
        return new Subscription(
                row.getUUID("id"),
                row.getString("name"),
                new SubscriptionFilter(
                        List.of(row.getArrayOfStrings("types")),
                        list(row, "subjects"),
                        list(row, "locations"),
                        list(row, "changed"),
                        list(row, "exclude_actors")),
                row.getString("kind"),
                row.getString("delivery"),
                row.getString("state"),
                row.getString("reason"),
                row.getLong("version"),
                row.getLong("position"),
                List.copyOf(secrets),
                row.getLong("token"),
                row.getLong("attempts"),
                time(row, "last_success_at"),
                row.getString("last_error"),
                time(row, "last_error_at"),
                row.getOffsetDateTime("created_at").toInstant(),
                row.getString("created_by"));
    }

    private static String @Nullable [] array(@Nullable List<String> texts) {
        return texts == null ? null : texts.toArray(String[]::new);
    }

    private static @Nullable List<String> list(Row row, String column) {
        var texts = row.getArrayOfStrings(column);
        return texts == null ? null : List.of(texts);
    }

    private static @Nullable Instant time(Row row, String column) {
        OffsetDateTime time = row.getOffsetDateTime(column);
        return time == null ? null : time.toInstant();
    }
}

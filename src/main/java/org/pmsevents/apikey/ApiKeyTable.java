package org.pmsevents.apikey;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.ListQuery;
import org.pmsevents.platform.identity.UuidV7;

/** The SQL of API keys and of their audit. */
@ApplicationScoped
public class ApiKeyTable {
    private static final String COLUMNS =
            "id, name, roles, locations, created_at, created_by, expires_at, last_used_at";

    private static final String FIND = "SELECT " + COLUMNS + ", hash FROM api_key WHERE id = ANY($1)";

    private static final String LIST = "SELECT " + COLUMNS + " FROM api_key";

    private static final String LIST_CHANGES =
            "SELECT id, change, key_id, key_name, roles, locations, expires_at, changed_at,"
                    + " actor, trace_id FROM api_key_change";

    private static final String INSERT = """
        WITH made AS (
          INSERT INTO api_key (id, name, hash, roles, locations, expires_at, created_at, created_by)
          VALUES ($1, $2, $3, $4, $5, $6, now(), $7)
          ON CONFLICT (name) DO NOTHING RETURNING *),
        noted AS (
          INSERT INTO api_key_change (id, change, key_id, key_name, roles, locations, expires_at, changed_at, actor, trace_id)
          SELECT $8, 'created', id, name, roles, locations, expires_at, created_at, created_by, $9 FROM made)
        SELECT id, name, roles, locations, created_at, created_by, expires_at, last_used_at FROM made
        """;

    private static final String DELETE = """
        WITH gone AS (DELETE FROM api_key WHERE id = $1 RETURNING *)
        INSERT INTO api_key_change (id, change, key_id, key_name, roles, locations, expires_at, changed_at, actor, trace_id)
        SELECT $2, 'revoked', id, name, roles, locations, expires_at, now(), $3, $4 FROM gone
        RETURNING key_id
        """;

    /** Once a minute at most, whatever the number of replicas; what another one is writing needs no second writing. */
    private static final String USED = """
        WITH used AS (
          SELECT k.id, u.at FROM unnest($1::text[], $2::timestamptz[]) AS u (id, at) JOIN api_key AS k ON k.id = u.id
          WHERE k.last_used_at IS NULL OR k.last_used_at <= u.at - interval '1 minute'
          FOR UPDATE OF k SKIP LOCKED)
        UPDATE api_key SET last_used_at = used.at FROM used WHERE api_key.id = used.id
        """;

    private final Clock clock;

    ApiKeyTable(Clock clock) {
        this.clock = clock;
    }

    Uni<List<StoredKey>> find(SqlClient client, Collection<String> ids) {
        return client.preparedQuery(FIND)
                .execute(Tuple.of(ids.toArray(String[]::new)))
                .map(rows -> all(
                        rows,
                        row -> new StoredKey(key(row), row.getBuffer("hash").getDelegate())));
    }

    /** Lists keys in the order of their names, which are unique. */
    Uni<List<ApiKey>> list(SqlClient client, @Nullable String after, int limit) {
        return ListQuery.of(LIST)
                .when(after != null, "name > ?", after)
                .end("ORDER BY name LIMIT ?", limit)
                .execute(client)
                .map(rows -> all(rows, ApiKeyTable::key));
    }

    /** Lists the audit, the newest entry first. */
    Uni<List<ApiKeyChange>> listChanges(SqlClient client, @Nullable UUID after, int limit) {
        return ListQuery.of(LIST_CHANGES)
                .when(after != null, "id < ?", after)
                .end("ORDER BY id DESC LIMIT ?", limit)
                .execute(client)
                .map(rows -> all(rows, ApiKeyTable::change));
    }

    /** Stores a new key, and the change in the audit; empty if there is another key of its name. */
    Uni<Optional<ApiKey>> insert(SqlClient transaction, KeyText text, NewKey wanted, RequestContext context) {
        var locations = wanted.locations();
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.from(Arrays.asList(
                        text.id(),
                        wanted.name(),
                        Buffer.buffer(text.hash()),
                        wanted.roles().toArray(String[]::new),
                        locations == null ? null : locations.toArray(String[]::new),
                        time(wanted.expiresAt()),
                        context.actor(),
                        UuidV7.next(clock),
                        context.traceId())))
                .map(rows -> all(rows, ApiKeyTable::key).stream().findFirst());
    }

    /** Deletes a key, and stores the change in the audit; returns whether there was one. */
    Uni<Boolean> delete(SqlClient transaction, String id, RequestContext context) {
        return transaction
                .preparedQuery(DELETE)
                .execute(Tuple.of(id, UuidV7.next(clock), context.actor(), context.traceId()))
                .map(rows -> rows.rowCount() > 0);
    }

    /** Stores when keys were last used. */
    Uni<Void> used(SqlClient transaction, Map<String, Instant> used) {
        var entries = List.copyOf(used.entrySet());
        return transaction
                .preparedQuery(USED)
                .execute(Tuple.of(
                        entries.stream().map(Map.Entry::getKey).toArray(String[]::new),
                        entries.stream().map(entry -> time(entry.getValue())).toArray(OffsetDateTime[]::new)))
                .replaceWithVoid();
    }

    private static @Nullable OffsetDateTime time(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    private static @Nullable Instant instant(Row row, String column) {
        var time = row.getOffsetDateTime(column);
        return time == null ? null : time.toInstant();
    }

    private static @Nullable List<String> texts(Row row, String column) {
        var texts = row.getArrayOfStrings(column);
        return texts == null ? null : List.of(texts);
    }

    private static <T> List<T> all(RowSet<Row> rows, Function<Row, T> read) {
        var all = new ArrayList<T>(rows.size());
        rows.forEach(row -> all.add(read.apply(row)));
        return all;
    }

    private static ApiKey key(Row row) {
        return new ApiKey(
                row.getString("id"),
                row.getString("name"),
                List.of(row.getArrayOfStrings("roles")),
                texts(row, "locations"),
                row.getOffsetDateTime("created_at").toInstant(),
                row.getString("created_by"),
                instant(row, "expires_at"),
                instant(row, "last_used_at"));
    }

    private static ApiKeyChange change(Row row) {
        return new ApiKeyChange(
                row.getUUID("id"),
                row.getString("change"),
                row.getString("key_id"),
                row.getString("key_name"),
                List.of(row.getArrayOfStrings("roles")),
                texts(row, "locations"),
                instant(row, "expires_at"),
                row.getOffsetDateTime("changed_at").toInstant(),
                row.getString("actor"),
                row.getString("trace_id"));
    }
}

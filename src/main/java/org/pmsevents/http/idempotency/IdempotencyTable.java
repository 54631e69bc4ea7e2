package org.pmsevents.http.idempotency;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The SQL of idempotency keys. A key is taken by a plain insert in the transaction of the change. With {@code ON CONFLICT DO NOTHING} or
 * a check beforehand, two concurrent requests would both make their change.
 */
@ApplicationScoped
public class IdempotencyTable {
    /** Begins an insert within a statement that also makes the change; a query ordered by scope must follow. */
    public static final String INSERT_INTO =
            "INSERT INTO idempotency_key (scope, fingerprint, refused, answer, trace_id)";

    /** How long an answer is replayed. */
    private static final Duration RETENTION = Duration.ofHours(24);

    private static final String INSERT = INSERT_INTO + " VALUES ($1, $2, $3, $4::text::json, $5)";

    private static final String REPLACE = "UPDATE idempotency_key SET answer = $2::text::json WHERE scope = $1";

    private static final String FIND = """
            WITH expired AS (
              DELETE FROM idempotency_key WHERE scope = ANY($1) AND created_at <= now() - $2 * interval '1 second')
            SELECT scope, fingerprint, refused, answer::text AS answer, trace_id FROM idempotency_key
            WHERE scope = ANY($1) AND created_at > now() - $2 * interval '1 second'
            """;

    private static final String PRUNE = """
            DELETE FROM idempotency_key WHERE scope = ANY(ARRAY(
              SELECT scope FROM idempotency_key WHERE created_at <= now() - $1 * interval '1 second'
              ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))
            """;

    /**
     * Stores an answer.
     *
     * @throws KeyTakenException if one is stored already; the transaction is aborted
     */
    Uni<Void> insert(SqlClient transaction, IdempotencyKey key, boolean refused, String answer) {
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.of(key.scope(), key.fingerprint(), refused, answer, key.traceId()))
                .onFailure()
                .transform(IdempotencyTable::translated)
                .replaceWithVoid();
    }

    /** Stores another answer in the place of one that the same request has stored. */
    Uni<Void> replace(SqlClient transaction, IdempotencyKey key, String answer) {
        return transaction
                .preparedQuery(REPLACE)
                .execute(Tuple.of(key.scope(), answer))
                .replaceWithVoid();
    }

    /** Converts the failure of a statement that inserts keys to {@link KeyTakenException} if a key is taken. */
    public static Throwable translated(Throwable failure) {
        return KeyTakenException.translated(failure, "idempotency_key_pkey");
    }

    /** The answers stored under these scopes; expired ones are deleted. */
    Uni<Map<Buffer, StoredAnswer>> find(SqlClient client, List<Buffer> scopes) {
        return client.preparedQuery(FIND)
                .execute(Tuple.of(scopes.toArray(Buffer[]::new), (double) RETENTION.toSeconds()))
                .map(rows -> {
                    var stored = new HashMap<Buffer, StoredAnswer>();
                    for (var row : rows) {
                        stored.put(
                                row.getBuffer("scope").getDelegate(),
                                new StoredAnswer(
                                        row.getBuffer("fingerprint").getDelegate(),
                                        row.getBoolean("refused"),
                                        row.getString("answer"),
                                        row.getString("trace_id")));
                    }
                    return stored;
                });
    }

    /** Deletes expired answers, up to the limit; returns how many. */
    Uni<Integer> prune(SqlClient client, int limit) {
        return client.preparedQuery(PRUNE)
                .execute(Tuple.of((double) RETENTION.toSeconds(), limit))
                .map(deleted -> deleted.rowCount());
    }
}

package org.pmsevents.pms.webhook;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.http.idempotency.KeyTakenException;
import org.pmsevents.http.idempotency.StoredAnswer;

/** The SQL of answered webhooks. A plain insert takes the id: a concurrent delivery of the same webhook waits for it and then fails. */
@ApplicationScoped
public class WebhookTable {
    private static final String INSERT =
            "INSERT INTO webhook_delivery (webhook_id, fingerprint, trace_id) VALUES ($1, $2, $3)";

    private static final String ANSWER = "UPDATE webhook_delivery SET answer = $2::text::json WHERE webhook_id = $1";

    private static final String FIND =
            "SELECT fingerprint, answer::text AS answer, trace_id FROM webhook_delivery WHERE webhook_id = $1";

    private static final String PRUNE = """
            DELETE FROM webhook_delivery WHERE webhook_id = ANY(ARRAY(
              SELECT webhook_id FROM webhook_delivery WHERE received_at <= now() - $1 * interval '1 second'
              ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED))
            """;

    /**
     * Takes the id of a webhook that this transaction answers.
     *
     * @throws KeyTakenException if the webhook was answered already; the transaction is aborted
     */
    Uni<Void> insert(SqlClient transaction, String id, Buffer fingerprint, String traceId) {
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.of(id, fingerprint, traceId))
                .onFailure()
                .transform(failure -> KeyTakenException.translated(failure, "webhook_delivery_pkey"))
                .replaceWithVoid();
    }

    /** Stores the answer to a webhook whose id this transaction has taken. */
    Uni<Void> answer(SqlClient transaction, String id, String answer) {
        return transaction.preparedQuery(ANSWER).execute(Tuple.of(id, answer)).replaceWithVoid();
    }

    Uni<Optional<StoredAnswer>> find(SqlClient client, String id) {
        return client.preparedQuery(FIND).execute(Tuple.of(id)).map(rows -> {
            for (var row : rows) {
                return Optional.of(new StoredAnswer(
                        row.getBuffer("fingerprint").getDelegate(),
                        false,
                        row.getString("answer"),
                        row.getString("trace_id")));
            }
            return Optional.empty();
        });
    }

    /** Deletes at most {@code limit} answers that are older than {@code retention}; returns the number deleted. */
    Uni<Integer> prune(SqlClient client, Duration retention, int limit) {
        return client.preparedQuery(PRUNE)
                .execute(Tuple.of((double) retention.toSeconds(), limit))
                .map(deleted -> deleted.rowCount());
    }
}

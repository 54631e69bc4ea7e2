package org.pmsevents.delivery.pull;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionTable;

/** The SQL of pulling: the lease of the consumer, and its acknowledgements. */
@ApplicationScoped
class PullTable {
    private static final String TAKE = """
            UPDATE subscription AS s
            SET owner = 'pull', token = s.token + 1, pull_id = $2, pull_upto = NULL, lease_until = now() + $3 * interval '1 millisecond'
            WHERE s.id = $1 AND s.kind = 'pull' AND s.state = 'active' AND (s.lease_until IS NULL OR s.lease_until < now())
            RETURNING\s""" + SubscriptionTable.COLUMNS;

    private static final String LEASE =
            "SELECT ceil(greatest(extract(epoch FROM lease_until - now()), 1))::int AS seconds FROM subscription WHERE id = $1";

    private static final String GIVE = """
            UPDATE subscription SET pull_upto = $3, lease_until = now() + $4 * interval '1 millisecond', attempts = attempts + 1
            WHERE id = $1 AND pull_id = $2
            """;

    private static final String RELEASE = """
            UPDATE subscription
            SET position = greatest(position, $3), owner = NULL, lease_until = NULL, pull_id = NULL, pull_upto = NULL
            WHERE id = $1 AND pull_id = $2 AND pull_upto IS NULL
            """;

    private static final String ACKNOWLEDGE = """
            UPDATE subscription
            SET position = pull_upto, acked_id = pull_id, owner = NULL, lease_until = NULL, pull_id = NULL, pull_upto = NULL,
                last_success_at = now()
            WHERE id = $1 AND pull_id = $2 AND pull_upto IS NOT NULL
            """;

    private static final String ACKED = "SELECT acked_id FROM subscription WHERE id = $1";

    /** Takes the lease; empty if somebody has it, or there is nothing to pull. */
    Uni<Optional<Subscription>> take(SqlClient client, UUID id, UUID pull, Duration lease) {
        return client.preparedQuery(TAKE)
                .execute(Tuple.of(id, pull, (double) lease.toMillis()))
                .map(rows -> {
                    for (var row : rows) {
                        return Optional.of(SubscriptionTable.subscription(row));
                    }
                    return Optional.empty();
                });
    }

    /** For how many seconds somebody has the lease, at least 1. */
    Uni<Integer> leaseSeconds(SqlClient client, UUID id) {
        return client.preparedQuery(LEASE).execute(Tuple.of(id)).map(rows -> {
            for (var row : rows) {
                @Nullable Integer seconds = row.getInteger("seconds");
                return seconds == null ? 1 : seconds;
            }
            return 1;
        });
    }

    /** Notes what is given; false if the lease was lost. */
    Uni<Boolean> give(SqlClient client, UUID id, UUID pull, long upTo, Duration lease) {
        return client.preparedQuery(GIVE)
                .execute(Tuple.of(id, pull, upTo, (double) lease.toMillis()))
                .map(rows -> rows.rowCount() > 0);
    }

    /** Ends a lease under which nothing was given; the cursor has passed what did not match. */
    Uni<Void> release(SqlClient client, UUID id, UUID pull, long looked) {
        return client.preparedQuery(RELEASE).execute(Tuple.of(id, pull, looked)).replaceWithVoid();
    }

    /** Moves the cursor; true also if it was moved by this before. */
    Uni<Boolean> acknowledge(SqlClient client, UUID id, UUID pull) {
        return client.preparedQuery(ACKNOWLEDGE)
                .execute(Tuple.of(id, pull))
                .chain(rows -> rows.rowCount() > 0
                        ? Uni.createFrom().item(true)
                        : client.preparedQuery(ACKED).execute(Tuple.of(id)).map(found -> {
                            for (var row : found) {
                                return pull.equals(row.getUUID("acked_id"));
                            }
                            return false;
                        }));
    }
}

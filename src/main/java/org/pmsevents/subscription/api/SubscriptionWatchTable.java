package org.pmsevents.subscription.api;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The SQL of how subscriptions are doing, and of which were disabled without an alert so far. */
@ApplicationScoped
class SubscriptionWatchTable {
    private static final String LOOK = """
            SELECT states.state, count(s.id) AS count, coalesce(max((SELECT head FROM feed_head) - s.position), 0) AS lag
            FROM unnest(ARRAY['active', 'paused', 'disabled']) AS states (state) LEFT JOIN subscription AS s ON s.state = states.state
            GROUP BY states.state
            """;

    private static final String UNTOLD = "SELECT id FROM subscription WHERE state = 'disabled' AND NOT told";

    private static final String TELL = """
            UPDATE subscription SET told = true WHERE id = $1 AND state = 'disabled' AND NOT told
            RETURNING name, reason, last_error, position
            """;

    private final Pool pool;

    SubscriptionWatchTable(Pool pool) {
        this.pool = pool;
    }

    /**
     * The subscriptions of one state.
     *
     * @param lag how many positions the one that is furthest behind is behind the head of the feed
     */
    record State(String name, long count, long lag) {}

    /** A subscription that has been disabled, with its cursor. */
    record Disabled(
            String name, @Nullable String reason, @Nullable String lastError, long position) {}

    /** Every state, also those of no subscription. */
    Uni<List<State>> states() {
        return pool.preparedQuery(LOOK).execute().map(rows -> {
            var states = new ArrayList<State>();
            rows.forEach(
                    row -> states.add(new State(row.getString("state"), row.getLong("count"), row.getLong("lag"))));
            return states;
        });
    }

    /** The ids of the disabled subscriptions for which there was no alert. */
    Uni<List<UUID>> untold() {
        return pool.preparedQuery(UNTOLD).execute().map(rows -> {
            var ids = new ArrayList<UUID>();
            rows.forEach(row -> ids.add(row.getUUID("id")));
            return ids;
        });
    }

    /** Marks that there is an alert. Empty if another replica has done so, or the subscription is not disabled any more. */
    Uni<Optional<Disabled>> tell(SqlClient transaction, UUID id) {
        return transaction.preparedQuery(TELL).execute(Tuple.of(id)).map(rows -> {
            var found = rows.iterator();
            if (!found.hasNext()) {
                return Optional.empty();
            }
            var row = found.next();
            return Optional.of(new Disabled(
                    row.getString("name"),
                    row.getString("reason"),
                    row.getString("last_error"),
                    row.getLong("position")));
        });
    }
}

package org.pmsevents.event.lifecycle;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.json.JsonTime;

/**
 * Alerts the admins once when somebody keeps a transaction open for too long: PostgreSQL can't clean up behind it, so tables grow and
 * everything becomes slower.
 */
@ApplicationScoped
class OldTransactions {
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final String FIND = "SELECT what, since FROM old_transactions($1 * interval '1 second')";

    private final Pool pool;
    private final Alerts alerts;
    private final AtomicBoolean alerted = new AtomicBoolean();

    OldTransactions(Pool pool, Alerts alerts) {
        this.pool = pool;
        this.alerts = alerts;
    }

    Uni<Void> look() {
        return find(LONGEST).invoke(this::alert).replaceWithVoid();
    }

    /** Who has had a transaction open for longer, as texts for the alert; few. */
    Uni<List<String>> find(Duration longest) {
        return pool.preparedQuery(FIND)
                .execute(Tuple.of((double) longest.toSeconds()))
                .map(rows -> {
                    var found = new ArrayList<String>();
                    for (var row : rows) {
                        var since = row.getOffsetDateTime("since");
                        found.add(row.getString("what")
                                + (since == null ? "" : ", since " + JsonTime.text(since.toInstant())));
                    }
                    return found;
                });
    }

    private void alert(List<String> found) {
        if (found.isEmpty()) {
            alerted.set(false);
        } else if (alerted.compareAndSet(false, true)) {
            alerts.raise(Alert.warning(
                    "old-transaction",
                    "A transaction has been open for more than " + LONGEST.toMinutes() + " minutes",
                    "PostgreSQL can't clean up behind it, and becomes slower: " + String.join("; ", found) + ".",
                    "postgresql",
                    RequestContext.system()));
        }
    }
}

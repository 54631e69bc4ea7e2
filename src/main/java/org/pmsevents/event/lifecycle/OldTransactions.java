package org.pmsevents.event.lifecycle;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;

/**
 * Alerts the admins once when somebody keeps a transaction open for too long: PostgreSQL can't clean up behind it, so tables grow and
 * everything becomes slower.
 */
@ApplicationScoped
class OldTransactions {
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final OldTransactionTable table;
    private final Pool pool;
    private final Alerts alerts;
    private final AtomicBoolean alerted = new AtomicBoolean();

    OldTransactions(OldTransactionTable table, Pool pool, Alerts alerts) {
        this.table = table;
        this.pool = pool;
        this.alerts = alerts;
    }

    Uni<Void> look() {
        return lookFor(LONGEST);
    }

    Uni<Void> lookFor(Duration longest) {
        return find(longest).invoke(found -> alert(found, longest)).replaceWithVoid();
    }

    /** Who has had a transaction open for longer, as texts for the alert; few. */
    Uni<List<String>> find(Duration longest) {
        return table.find(pool, longest);
    }

    private void alert(List<String> found, Duration longest) {
        if (found.isEmpty()) {
            alerted.set(false);
        } else if (alerted.compareAndSet(false, true)) {
            alerts.raise(Alert.warning(
                    "old-transaction",
                    "A transaction has been open for more than " + longest.toMinutes() + " minutes",
                    "PostgreSQL can't clean up behind it, and becomes slower: " + String.join("; ", found) + ".",
                    "postgresql",
                    RequestContext.system()));
        }
    }
}

package org.pmsevents.event;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;

/**
 * Alerts the administrators. A job sends each alert: in the whole cluster one per key and window, then one that sums up the others.
 */
public interface Alerts {
    /** Raises an alert outside a transaction. Never blocks or fails. Waits in memory for PostgreSQL; lost if the replica ends first. */
    void raise(Alert alert);

    /** Records an alert in a transaction: it counts only if the transaction commits. */
    Uni<Void> record(SqlClient transaction, Alert alert);
}

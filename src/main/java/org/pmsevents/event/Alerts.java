package org.pmsevents.event;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;

/** Where any room alerts the admins: an alert leaves as a job, of each key one a window and one that sums up, in the whole cluster. */
public interface Alerts {
    /** After the fact: never fails and waits for nobody. While PostgreSQL is away it is kept, and lost only if this replica ends before. */
    void raise(Alert alert);

    /** In a transaction: counted if that is committed and not if not. */
    Uni<Void> record(SqlClient transaction, Alert alert);
}

package org.pmsevents.queue.api;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.worker.JobWorker;

/** Tells other rooms how the queue as a whole does. */
@ApplicationScoped
public class QueueReads {
    private final QueueStateTable table;
    private final JobWorker worker;
    private final Transactions transactions;

    QueueReads(QueueStateTable table, JobWorker worker, Transactions transactions) {
        this.table = table;
        this.worker = worker;
        this.transactions = transactions;
    }

    /** How many jobs run on this replica. */
    public int running() {
        return worker.running();
    }

    /** For how many seconds the job that has waited longest could have run; empty if none waits. */
    public Uni<Optional<Double>> oldest() {
        return transactions.read(table::oldest);
    }

    /** All jobs by state. */
    public Uni<QueueState> state() {
        return transactions.read(table::state);
    }
}

package org.pmsevents.queue.api;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.worker.JobWorker;

/** Reports the state of the queue to other rooms. */
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

    /** For how many seconds the oldest waiting job has been due; empty if none waits. */
    public Uni<Optional<Double>> oldest() {
        return transactions.read(table::oldest);
    }

    /** The number of jobs in each state. */
    public Uni<QueueState> state() {
        return transactions.read(table::state);
    }
}

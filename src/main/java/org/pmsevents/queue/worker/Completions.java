package org.pmsevents.queue.worker;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.Job;

/**
 * Stores completed jobs. Those that complete while a statement is running are stored together by the next one, which waits for nobody: a
 * job whose row somebody else has locked is stored by a statement of its own. There are at most as many as run on this replica.
 */
@ApplicationScoped
class Completions {
    /** How many jobs one statement stores. */
    private static final int BATCH = 500;

    private final WorkTable table;
    private final Transactions transactions;
    private final Vertx vertx;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private boolean running;

    Completions(WorkTable table, Transactions transactions, Vertx vertx) {
        this.table = table;
        this.transactions = transactions;
        this.vertx = vertx;
    }

    private record Waiting(WorkTable.Completion completion, UniEmitter<? super Optional<Job>> caller) {}

    /** Stores one of the next; empty if this worker no longer has the job. */
    Uni<Optional<Job>> store(WorkTable.Completion completion) {
        return Uni.createFrom().emitter(caller -> add(new Waiting(completion, caller)));
    }

    private void add(Waiting added) {
        if (begin(added)) {
            // in the next turn of the event loop, so that all that complete in this one are stored together
            vertx.runOnContext(go -> storeNext());
        }
    }

    private synchronized boolean begin(Waiting added) {
        waiting.add(added);
        boolean begins = !running;
        running = true;
        return begins;
    }

    private void storeNext() {
        var batch = next();
        if (!batch.isEmpty()) {
            store(batch).subscribe().with(done -> vertx.runOnContext(go -> storeNext()));
        }
    }

    private synchronized List<Waiting> next() {
        var batch = new ArrayList<Waiting>();
        while (!waiting.isEmpty() && batch.size() < BATCH) {
            batch.add(waiting.remove());
        }
        running = !batch.isEmpty();
        return batch;
    }

    /** Never fails: each caller gets its own failure. */
    private Uni<Void> store(List<Waiting> batch) {
        var completions = batch.stream().map(Waiting::completion).toList();
        return transactions
                .statement(client -> table.complete(client, completions))
                .map(stored -> answered(batch, stored))
                .onFailure(PgException.class)
                .recoverWithItem(batch)
                .invoke(rest -> rest.forEach(this::storeAlone))
                .onFailure()
                .invoke(failure -> batch.forEach(each -> each.caller.fail(failure)))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    /** Answers the callers whose jobs were stored; returns the others. */
    private static List<Waiting> answered(List<Waiting> batch, Map<UUID, Job> stored) {
        var rest = new ArrayList<Waiting>();
        for (var each : batch) {
            var job = stored.get(each.completion.id());
            if (job != null && job.token() == each.completion.token()) {
                each.caller.complete(Optional.of(job));
            } else {
                rest.add(each);
            }
        }
        return rest;
    }

    private void storeAlone(Waiting one) {
        transactions
                .statement(client -> table.complete(client, one.completion))
                .subscribe()
                .with(one.caller::complete, one.caller::fail);
    }
}

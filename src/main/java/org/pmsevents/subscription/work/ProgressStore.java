package org.pmsevents.subscription.work;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.mutiny.sqlclient.Pool;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.pmsevents.platform.database.Transactions;

/**
 * Stores what subscriptions have delivered: first what is held, each in a transaction of its own, then the cursors that pass it, all in one
 * statement. Whatever was not stored, because of a failure or because this was cut off, is stored the next time.
 */
final class ProgressStore {
    private static final Logger LOG = Logger.getLogger(ProgressStore.class);

    private final LeaseTable table;
    private final Pool pool;
    private final Transactions transactions;
    private final Context context;
    private final String replica;

    /** @param context to which the state of the subscriptions belongs */
    ProgressStore(LeaseTable table, Pool pool, Transactions transactions, Context context, String replica) {
        this.table = table;
        this.pool = pool;
        this.transactions = transactions;
        this.context = context;
        this.replica = replica;
    }

    private <T> Uni<T> onContext(Uni<T> work) {
        return work.emitOn(task -> context.runOnContext(go -> task.run()));
    }

    /**
     * Stores how far these have come, and what of them is held, and renews their leases.
     *
     * @param dispatched up to where the feed was dispatched: those that are live have seen all of it
     * @param gone is called for each whose lease is another's now, or that was given back
     */
    Uni<Void> store(Collection<Owned> some, long dispatched, Consumer<Owned> gone) {
        if (some.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        long before = System.nanoTime();
        var steps = some.stream().map(one -> step(one, dispatched)).toList();
        // what was not stored when this ends, in whatever way, is stored again
        var unsure = Collections.<Step>newSetFromMap(new IdentityHashMap<>());
        unsure.addAll(steps);
        return move(steps.stream().filter(step -> !step.changesHeld()).toList(), unsure, before, gone)
                .chain(() -> holdEach(steps.stream().filter(Step::changesHeld).toList()))
                .chain(stored -> move(stored, unsure, before, gone))
                .chain(() -> note(steps))
                .onTermination()
                .invoke(() -> context.runOnContext(go -> {
                    unsure.forEach(Step::notStored);
                    steps.forEach(step -> step.one.flushing = false);
                }));
    }

    /**
     * What is to be stored of one.
     *
     * @param ends whether it is given back; decided while nothing of it is under way
     */
    private record Step(Owned one, Lanes.Progress progress, boolean ends) {
        boolean changesHeld() {
            return !progress.held().isEmpty() || !progress.delivered().isEmpty();
        }

        LeaseTable.Move move() {
            return one.move(progress.cursor(), ends);
        }

        void notStored() {
            one.lanes.notStored(progress);
            one.notStored();
        }
    }

    private static Step step(Owned one, long dispatched) {
        one.flushing = true;
        if (one.live) {
            one.lanes.offer(List.of(), dispatched);
        }
        return new Step(one, one.lanes.progress(), one.isGivenBack());
    }

    /** Held events are stored before the cursor passes them. Returns those that are stored. */
    private Uni<List<Step>> holdEach(List<Step> steps) {
        return Multi.createFrom()
                .iterable(steps)
                .onItem()
                .transformToUniAndConcatenate(step -> onContext(hold(step.one, step.progress))
                        .replaceWith(step)
                        .onFailure()
                        .invoke(failure ->
                                LOG.debugf("%s: cannot store what is held: %s", step.one.subscription, failure))
                        .onFailure()
                        .recoverWithNull())
                .collect()
                .asList();
    }

    private Uni<Void> hold(Owned one, Lanes.Progress progress) {
        var id = one.subscription.id();
        return transactions.run(transaction -> table.fence(transaction, id, replica, one.subscription.token())
                .chain(held -> held
                        ? table.hold(transaction, id, progress)
                        : Uni.createFrom().failure(new IllegalStateException("the lease is another's"))));
    }

    private Uni<Void> move(List<Step> steps, Set<Step> unsure, long before, Consumer<Owned> gone) {
        if (steps.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var moves = steps.stream().map(Step::move).toList();
        return onContext(table.move(pool, replica, moves, LeaseTable.LEASE.toMillis()))
                .invoke(kept -> {
                    steps.forEach(unsure::remove);
                    var ids = Set.copyOf(kept);
                    for (var step : steps) {
                        var one = step.one;
                        if (!ids.contains(one.subscription.id()) || step.ends) {
                            gone.accept(one);
                        } else {
                            one.heldUntil = LeaseTable.heldUntil(before);
                        }
                    }
                })
                .replaceWithVoid();
    }

    private Uni<Void> note(List<Step> steps) {
        var noted =
                steps.stream().flatMap(step -> step.one.takeAttempts().stream()).toList();
        return noted.isEmpty()
                ? Uni.createFrom().voidItem()
                : onContext(table.note(pool, noted))
                        .onFailure()
                        .invoke(failure -> LOG.debugf("attempts could not be noted: %s", failure.toString()))
                        .onFailure()
                        .recoverWithNull();
    }
}

package org.pmsevents.queue.worker;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Gathering;
import org.pmsevents.queue.Job;

/**
 * Stores completed jobs. Those that complete while a statement is running are stored together by the next one. It waits for nobody: a job
 * whose row somebody else has locked is tried again with a later one. Nothing waits twice.
 */
@ApplicationScoped
class Completions {
    /** How many jobs one statement stores. */
    private static final int BATCH = 500;

    /** There are no more than this replica has run. */
    private static final int UNBOUNDED = Integer.MAX_VALUE;

    private static final Duration BETWEEN_TRIES = Duration.ofMillis(200);

    /** The class of SQL states that say that a value is bad. */
    private static final String DATA_EXCEPTION = "22";

    private final WorkTable table;
    private final Transactions transactions;
    private final Vertx vertx;
    private final Map<Attempt, Pending> pending = new ConcurrentHashMap<>();
    private final Gathering<Pending> gathering;

    Completions(WorkTable table, Transactions transactions, Vertx vertx) {
        this.table = table;
        this.transactions = transactions;
        this.vertx = vertx;
        this.gathering = new Gathering<>(BATCH, UNBOUNDED, this::store, vertx);
    }

    private record Attempt(UUID id, long token) {
        static Attempt of(WorkTable.Completion completion) {
            return new Attempt(completion.id(), completion.token());
        }
    }

    private record Pending(WorkTable.Completion completion, CompletableFuture<Optional<Job>> stored) {}

    /**
     * Stores a job with one of the next statements; empty if this worker no longer has it. Who asks again while it is being stored gets the
     * same answer.
     */
    Uni<Optional<Job>> store(WorkTable.Completion completion) {
        return Uni.createFrom().completionStage(() -> {
            var added = new Pending(completion, new CompletableFuture<>());
            var before = pending.putIfAbsent(Attempt.of(completion), added);
            if (before != null) {
                return before.stored.copy();
            }
            gathering.add(added);
            return added.stored.copy();
        });
    }

    /** Completes when what is being stored now is stored or has failed. */
    CompletableFuture<Void> settled() {
        return CompletableFuture.allOf(pending.values().stream()
                .map(each -> each.stored.handle((done, failure) -> done))
                .toArray(CompletableFuture[]::new));
    }

    /** Never fails: each caller gets its own failure. */
    private Uni<Void> store(List<Pending> batch) {
        return transactions
                .statement(client -> table.complete(client, completions(batch)))
                .map(stored -> answered(batch, stored))
                .chain(rest -> rest.isEmpty() ? Uni.createFrom().voidItem() : judge(rest))
                .onFailure(failure -> batch.size() > 1 && isAboutAValue(failure))
                .recoverWithUni(refused -> eachAlone(batch))
                .onFailure()
                .invoke(failure -> batch.forEach(each -> fail(each, failure)))
                .onFailure()
                .recoverWithNull();
    }

    /** Answers the callers whose jobs were stored; returns the others. */
    private List<Pending> answered(List<Pending> batch, Map<UUID, Job> stored) {
        var rest = new ArrayList<Pending>();
        for (var each : batch) {
            var job = stored.get(each.completion.id());
            if (job != null && job.token() == each.completion.token()) {
                answer(each, Optional.of(job));
            } else {
                rest.add(each);
            }
        }
        return rest;
    }

    /** Tries those again that are locked; this worker no longer has the others. */
    private Uni<Void> judge(List<Pending> rest) {
        return transactions
                .read(client -> table.running(client, completions(rest)))
                .invoke(locked -> judge(rest, locked))
                .replaceWithVoid();
    }

    private void judge(List<Pending> rest, Set<UUID> locked) {
        for (var each : rest) {
            if (locked.contains(each.completion.id())) {
                vertx.setTimer(BETWEEN_TRIES.toMillis(), timer -> gathering.add(each));
            } else {
                answer(each, Optional.empty());
            }
        }
    }

    private static boolean isAboutAValue(Throwable failure) {
        return failure instanceof PgException refusal
                && String.valueOf(refusal.getSqlState()).startsWith(DATA_EXCEPTION);
    }

    private Uni<Void> eachAlone(List<Pending> batch) {
        return Multi.createFrom()
                .iterable(batch)
                .onItem()
                .transformToUniAndConcatenate(each -> store(List.of(each)))
                .collect()
                .last();
    }

    private void answer(Pending each, Optional<Job> job) {
        pending.remove(Attempt.of(each.completion), each);
        each.stored.complete(job);
    }

    private void fail(Pending each, Throwable failure) {
        pending.remove(Attempt.of(each.completion), each);
        each.stored.completeExceptionally(failure);
    }

    private static List<WorkTable.Completion> completions(Collection<Pending> batch) {
        return batch.stream().map(Pending::completion).toList();
    }
}

package org.pmsevents.inventory.adjust;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.ExactlyOnce;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.idempotency.KeyTakenException;
import org.pmsevents.http.idempotency.StoredAnswer;
import org.pmsevents.inventory.LedgerTable;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.Movement;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * Writes a batch of requests and answers each caller. Recovers from deadlocks, keys that are taken, a bad line, and a connection that is
 * lost during the commit. No line is ever written twice.
 */
@ApplicationScoped
public class StockWriter {
    private static final Logger LOG = Logger.getLogger(StockWriter.class);

    private final StockChangeTable stock;
    private final LedgerTable ledger;
    private final Idempotency idempotency;
    private final Transactions transactions;
    private final EventPublisher events;
    private final MeterRegistry meters;

    StockWriter(
            StockChangeTable stock,
            LedgerTable ledger,
            Idempotency idempotency,
            Transactions transactions,
            EventPublisher events,
            MeterRegistry meters) {
        this.stock = stock;
        this.ledger = ledger;
        this.idempotency = idempotency;
        this.transactions = transactions;
        this.events = events;
        this.meters = meters;
    }

    /** What PostgreSQL has stored of a batch: answers by the scope of their keys, movements by their ids. */
    private record Found(Map<Buffer, StoredAnswer> stored, Map<UUID, Movement> movements) {
        boolean nothing() {
            return stored.isEmpty() && movements.isEmpty();
        }
    }

    /**
     * How a batch treats stock that others have locked.
     *
     * @param waits whether it waits for the lock, for a short time
     * @param held gets the requests that were not written because of it
     */
    private record Locks(boolean waits, Consumer<PendingRequest> held) {}

    /**
     * Writes what is not locked by others. Completes when every caller has its answer or failure, except those of {@code held};
     * never fails.
     *
     * @param held gets the requests of which nothing was written, because a stock of theirs is locked, in the order of the batch
     */
    Uni<Void> write(List<PendingRequest> batch, Consumer<PendingRequest> held) {
        return begin(batch, new Locks(false, held));
    }

    /** The same, but waits for the locks for {@value StockChangeTable#LOCK_MILLIS} ms. */
    Uni<Void> writeWaiting(List<PendingRequest> batch, Consumer<PendingRequest> held) {
        return begin(batch, new Locks(true, held));
    }

    private Uni<Void> begin(List<PendingRequest> batch, Locks locks) {
        boolean doubtful = batch.stream().anyMatch(PendingRequest::isDoubtful);
        return attempt(batch, new Attempt(1, doubtful, System.nanoTime()), locks)
                .onFailure()
                .invoke(failure -> batch.forEach(each -> each.fail(failure)))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> attempt(List<PendingRequest> batch, Attempt attempt, Locks locks) {
        if (batch.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return change(batch.stream().map(PendingRequest::request).toList(), locks)
                .invoke(outcomes -> answer(batch, outcomes, attempt, locks))
                .replaceWithVoid()
                .onFailure()
                .recoverWithUni(failure -> recover(batch, attempt, locks, failure));
    }

    private Uni<List<List<LineOutcome>>> change(List<StockRequest> requests, Locks locks) {
        return locks.waits()
                ? transactions.run(client -> stock.limitLocks(client).chain(() -> stock.change(client, requests)))
                : events.write(client -> stock.changeUnlocked(client, requests));
    }

    private static void answer(
            List<PendingRequest> batch, List<List<LineOutcome>> outcomes, Attempt attempt, Locks locks) {
        for (int i = 0; i < batch.size(); i++) {
            var each = batch.get(i);
            if (StockChangeTable.isHeld(outcomes.get(i))) {
                hold(each, attempt, locks);
                continue;
            }
            var result = StockResult.of(each.request(), outcomes.get(i), null);
            if (attempt.doubtful() && !excludesEarlierCommit(each.request(), result)) {
                each.fail(AppException.outcomeUnknown());
            } else {
                each.answer(result);
            }
        }
    }

    private static void hold(PendingRequest each, Attempt attempt, Locks locks) {
        if (attempt.doubtful()) {
            each.doubt();
        }
        locks.held().accept(each);
    }

    /** Whether a late commit of an earlier attempt is impossible: it would violate the unique key of a movement or of the stored answer. */
    private static boolean excludesEarlierCommit(StockRequest request, StockResult result) {
        return request.key() != null || result.outcomes().stream().anyMatch(LineOutcome::moved);
    }

    private Uni<Void> recover(List<PendingRequest> batch, Attempt attempt, Locks locks, Throwable failure) {
        if (failure instanceof StockChangeTable.StockHeldException) {
            batch.forEach(each -> hold(each, attempt, locks));
            return Uni.createFrom().voidItem();
        }
        meters.counter(
                        "pms.inventory.batch.failures",
                        "cause",
                        failure.getClass().getSimpleName())
                .increment();
        if (failure instanceof OutcomeUnknownException unknown && unknown.isUnreplicated()) {
            return Uni.createFrom().failure(failure);
        }
        boolean taken = failure instanceof KeyTakenException;
        if (failure instanceof OutcomeUnknownException
                || failure instanceof StockChangeTable.MovedAlreadyException
                || (taken && attempt.doubtful())) {
            return lookUp(batch, attempt, locks, failure);
        }
        if (attempt.isLast()) {
            return failed(attempt, failure);
        }
        if (failure instanceof ConflictException) {
            return Attempt.pause(() -> attempt(batch, attempt.next(), locks));
        }
        if (taken) {
            return replay(batch, attempt, locks);
        }
        if (failure instanceof StockChangeTable.BadLineException && batch.size() > 1) {
            LOG.warnf("writing a batch of %d one by one: %s", batch.size(), String.valueOf(failure.getCause()));
            return oneByOne(batch, attempt, locks);
        }
        return failed(attempt, failure);
    }

    /** This attempt has changed nothing, but an earlier one may have. */
    private static Uni<Void> failed(Attempt attempt, Throwable failure) {
        return Uni.createFrom().failure(attempt.doubtful() ? new OutcomeUnknownException(failure) : failure);
    }

    /** Writes each request by itself, because perhaps only one is bad. Each caller gets its own result. */
    private Uni<Void> oneByOne(List<PendingRequest> batch, Attempt attempt, Locks locks) {
        return Multi.createFrom()
                .iterable(batch)
                .onItem()
                .transformToUniAndConcatenate(each -> attempt(List.of(each), attempt.next(), locks)
                        .onFailure()
                        .invoke(each::fail)
                        .onFailure()
                        .recoverWithNull())
                .collect()
                .last();
    }

    /** The batch was rolled back: replays stored answers and writes the other requests again. */
    private Uni<Void> replay(List<PendingRequest> batch, Attempt attempt, Locks locks) {
        return ExactlyOnce.lookUp(() -> idempotency.find(keys(batch))).chain(stored -> {
            var rest = new ArrayList<PendingRequest>();
            for (var each : batch) {
                var answer = stored(each, stored);
                if (answer == null) {
                    rest.add(each);
                } else {
                    replay(each, answer);
                }
            }
            return rest.size() == batch.size()
                    ? Attempt.pause(() -> attempt(rest, attempt.next(), locks))
                    : attempt(rest, attempt.next(), locks);
        });
    }

    /** It is unknown whether the batch was committed: looks it up in PostgreSQL before anything is repeated. */
    private Uni<Void> lookUp(List<PendingRequest> batch, Attempt attempt, Locks locks, Throwable failure) {
        var unknown = failure instanceof OutcomeUnknownException ? failure : new OutcomeUnknownException(failure);
        return ExactlyOnce.lookUp(() -> find(batch))
                .onFailure()
                .transform(unanswered -> unknown)
                .chain(found -> settle(batch, attempt, locks, found, unknown));
    }

    private Uni<Found> find(List<PendingRequest> batch) {
        var ids = batch.stream()
                .flatMap(each -> each.request().lines().stream())
                .flatMap(StockWriter::movementIds)
                .toList();
        return idempotency
                .find(keys(batch))
                .chain(stored -> transactions
                        .read(client -> ledger.find(client, ids))
                        .map(movements -> new Found(stored, movements)));
    }

    private Uni<Void> settle(List<PendingRequest> batch, Attempt attempt, Locks locks, Found found, Throwable unknown) {
        var rest = new ArrayList<PendingRequest>();
        for (var each : batch) {
            var answer = stored(each, found.stored());
            var lines = each.request().lines();
            long moved = lines.stream()
                    .filter(line -> found.movements().containsKey(line.movementId()))
                    .count();
            if (answer != null) {
                settleStored(each, answer);
            } else if (moved == lines.size()) {
                each.answer(new StockResult(
                        lines.stream()
                                .map(line -> outcome(line, found.movements()))
                                .toList(),
                        null));
            } else if (moved > 0 || attempt.isLast() || isPending(unknown)) {
                each.fail(unknown);
            } else {
                rest.add(each);
            }
        }
        return attempt(rest, attempt.next(found.nothing()), locks);
    }

    private static Stream<UUID> movementIds(StockLine line) {
        var late = line.late();
        return late == null ? Stream.of(line.movementId()) : Stream.of(line.movementId(), late.correctionId());
    }

    private static LineOutcome outcome(StockLine line, Map<UUID, Movement> found) {
        var movement = Objects.requireNonNull(found.get(line.movementId()));
        var late = line.late();
        var correction = late == null ? null : found.get(late.correctionId());
        return correction == null ? movement.outcome() : movement.outcome(correction);
    }

    /** Whether an attempt may still be committed: another one would only wait for its rows. */
    private static boolean isPending(Throwable failure) {
        return failure instanceof OutcomeUnknownException unknown && unknown.isPending();
    }

    /** Answers with the stored answer: as its own if this request stored it, otherwise as a replay of an earlier request. */
    private void settleStored(PendingRequest each, StoredAnswer answer) {
        var own = each.request().lines().get(0).movementId();
        if (!answer.refused() && own.equals(stock.firstMovementId(answer.answer()))) {
            each.answer(StockResult.of(each.request(), stock.stored(answer.answer()), null));
        } else {
            replay(each, answer);
        }
    }

    private void replay(PendingRequest each, StoredAnswer answer) {
        try {
            var key = Objects.requireNonNull(each.request().key());
            var stored = answer.replayedTo(key);
            each.answer(StockResult.of(each.request(), stock.stored(stored.answer()), stored.traceId()));
        } catch (AppException refusal) {
            each.fail(refusal);
        }
    }

    private static @Nullable StoredAnswer stored(PendingRequest each, Map<Buffer, StoredAnswer> stored) {
        var key = each.request().key();
        return key == null ? null : stored.get(key.scope());
    }

    private static List<IdempotencyKey> keys(List<PendingRequest> batch) {
        return batch.stream()
                .map(each -> each.request().key())
                .filter(Objects::nonNull)
                .toList();
    }
}

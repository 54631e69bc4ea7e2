package org.pmsevents.inventory.adjust;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.idempotency.IdempotencyTable;
import org.pmsevents.http.idempotency.StoredAnswer;
import org.pmsevents.http.idempotency.KeyTakenException;
import org.pmsevents.inventory.LedgerTable;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.Movement;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * Writes a batch of requests and tells each caller what became of it, whatever happens on the way: a deadlock, a key that is taken,
 * one bad line, a connection that is lost while nobody knows whether the server has committed. No line is ever written twice.
 */
@ApplicationScoped
public class StockWriter {
    private static final Logger LOG = Logger.getLogger(StockWriter.class);
    private static final int ATTEMPTS = 6;
    /** After this nothing is begun any more. */
    private static final Duration LONGEST = Duration.ofSeconds(15);

    private static final int LOOKS = 4;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
    private static final Duration ALL_LOOKS = Duration.ofSeconds(10);
    private static final int LONGEST_PAUSE_MILLIS = 20;

    private final StockChangeTable stock;
    private final LedgerTable ledger;
    private final IdempotencyTable keys;
    private final Transactions transactions;
    private final MeterRegistry meters;

    StockWriter(
            StockChangeTable stock,
            LedgerTable ledger,
            IdempotencyTable keys,
            Transactions transactions,
            MeterRegistry meters) {
        this.stock = stock;
        this.ledger = ledger;
        this.keys = keys;
        this.transactions = transactions;
        this.meters = meters;
    }

    /**
     * How far an attempt has come.
     *
     * @param number of the attempt, from 1
     * @param begun when the first one was
     * @param doubtful whether an earlier one may still reach the server: then a refusal proves nothing, because that one may be
     *     accepted after it
     */
    private record Attempt(int number, boolean doubtful, long begun) {
        static Attempt first() {
            return new Attempt(1, false, System.nanoTime());
        }

        Attempt next() {
            return next(false);
        }

        Attempt next(boolean moreDoubtful) {
            return new Attempt(number + 1, doubtful || moreDoubtful, begun);
        }

        boolean isLast() {
            return number >= ATTEMPTS || System.nanoTime() - begun > LONGEST.toNanos();
        }
    }

    /** What PostgreSQL knows of a batch. */
    private record Found(Map<Buffer, StoredAnswer> stored, Map<UUID, Movement> movements) {
        boolean nothing() {
            return stored.isEmpty() && movements.isEmpty();
        }
    }

    /** Completes, never with a failure, when every caller has been told. */
    Uni<Void> write(List<PendingRequest> batch) {
        return attempt(batch, Attempt.first())
                .onFailure()
                .invoke(failure -> batch.forEach(each -> each.fail(failure)))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> attempt(List<PendingRequest> batch, Attempt attempt) {
        if (batch.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var requests = batch.stream().map(PendingRequest::request).toList();
        return transactions
                .statement(client -> stock.change(client, requests))
                .invoke(outcomes -> answer(batch, outcomes, attempt))
                .replaceWithVoid()
                .onFailure()
                .recoverWithUni(failure -> recover(batch, attempt, failure));
    }

    private static void answer(List<PendingRequest> batch, List<List<LineOutcome>> outcomes, Attempt attempt) {
        for (int i = 0; i < batch.size(); i++) {
            var each = batch.get(i);
            var result = StockResult.of(each.request(), outcomes.get(i), null);
            if (attempt.doubtful() && !provesItself(each.request(), result)) {
                each.fail(AppException.outcomeUnknown());
            } else {
                each.answer(result);
            }
        }
    }

    /** Where a movement or a key was written, an earlier attempt that still comes through fails on it. */
    private static boolean provesItself(StockRequest request, StockResult result) {
        return request.key() != null || result.outcomes().stream().anyMatch(LineOutcome::moved);
    }

    private Uni<Void> recover(List<PendingRequest> batch, Attempt attempt, Throwable failure) {
        meters.counter(
                        "pms.inventory.batch.failures",
                        "cause",
                        failure.getClass().getSimpleName())
                .increment();
        boolean taken = failure instanceof KeyTakenException;
        if (failure instanceof OutcomeUnknownException
                || failure instanceof StockChangeTable.MovedAlreadyException
                || (taken && attempt.doubtful())) {
            return lookUp(batch, attempt, failure);
        }
        if (attempt.isLast()) {
            return failed(attempt, failure);
        }
        if (failure instanceof ConflictException) {
            return pause(() -> attempt(batch, attempt.next()));
        }
        if (taken) {
            return replay(batch, attempt);
        }
        if (failure instanceof StockChangeTable.BadLineException && batch.size() > 1) {
            LOG.warnf("a batch of %d is written one by one: %s", batch.size(), String.valueOf(failure.getCause()));
            return oneByOne(batch, attempt);
        }
        return failed(attempt, failure);
    }

    /** This attempt has changed nothing, but perhaps one before it has. */
    private static Uni<Void> failed(Attempt attempt, Throwable failure) {
        return Uni.createFrom().failure(attempt.doubtful() ? new OutcomeUnknownException(failure) : failure);
    }

    /** Bad is perhaps only one of them; each is told for itself. */
    private Uni<Void> oneByOne(List<PendingRequest> batch, Attempt attempt) {
        return Multi.createFrom()
                .iterable(batch)
                .onItem()
                .transformToUniAndConcatenate(each -> attempt(List.of(each), attempt.next())
                        .onFailure()
                        .invoke(each::fail)
                        .onFailure()
                        .recoverWithNull())
                .collect()
                .last();
    }

    /** Gives the answers that are kept, and writes the others. */
    private Uni<Void> replay(List<PendingRequest> batch, Attempt attempt) {
        var looked = transactions.read(client -> keys.find(client, scopes(batch)));
        return looked.onFailure()
                .recoverWithUni(failure -> failed(attempt, failure).replaceWith(Map.of()))
                .chain(stored -> {
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
                            ? pause(() -> attempt(rest, attempt.next()))
                            : attempt(rest, attempt.next());
                });
    }

    /** Nobody knows whether the batch was committed: PostgreSQL is asked before anything is repeated. */
    private Uni<Void> lookUp(List<PendingRequest> batch, Attempt attempt, Throwable failure) {
        var unknown = failure instanceof OutcomeUnknownException ? failure : new OutcomeUnknownException(failure);
        return find(batch)
                .onFailure()
                .retry()
                .withBackOff(BETWEEN_LOOKS)
                .atMost(LOOKS)
                .ifNoItem()
                .after(ALL_LOOKS)
                .fail()
                .onFailure()
                .transform(unanswered -> unknown)
                .chain(found -> settle(batch, attempt, found, unknown));
    }

    private Uni<Found> find(List<PendingRequest> batch) {
        var ids = batch.stream()
                .flatMap(each -> each.request().lines().stream())
                .map(StockLine::movementId)
                .toList();
        return transactions
                .read(client -> keys.find(client, scopes(batch)))
                .chain(stored -> transactions
                        .read(client -> ledger.find(client, ids))
                        .map(movements -> new Found(stored, movements)));
    }

    private Uni<Void> settle(List<PendingRequest> batch, Attempt attempt, Found found, Throwable unknown) {
        var rest = new ArrayList<PendingRequest>();
        for (var each : batch) {
            var answer = stored(each, found.stored());
            var lines = each.request().lines();
            long moved = lines.stream()
                    .filter(line -> found.movements().containsKey(line.movementId()))
                    .count();
            if (answer != null) {
                settleKept(each, answer);
            } else if (moved == lines.size()) {
                each.answer(new StockResult(
                        lines.stream()
                                .map(line -> Objects.requireNonNull(
                                                found.movements().get(line.movementId()))
                                        .outcome())
                                .toList(),
                        null));
            } else if (moved > 0 || attempt.isLast()) {
                each.fail(unknown);
            } else {
                rest.add(each);
            }
        }
        return attempt(rest, attempt.next(found.nothing()));
    }

    /** Its own answer, if that is what was lost; that of an earlier request otherwise. */
    private void settleKept(PendingRequest each, StoredAnswer answer) {
        var own = each.request().lines().get(0).movementId();
        if (!answer.refused() && own.equals(stock.firstMovementId(answer.answer()))) {
            each.answer(StockResult.of(each.request(), stock.kept(answer.answer()), null));
        } else {
            replay(each, answer);
        }
    }

    private void replay(PendingRequest each, StoredAnswer answer) {
        try {
            var key = Objects.requireNonNull(each.request().key());
            var stored = answer.replayedTo(key);
            each.answer(StockResult.of(each.request(), stock.kept(stored.answer()), stored.traceId()));
        } catch (AppException refusal) {
            each.fail(refusal);
        }
    }

    private static @Nullable StoredAnswer stored(PendingRequest each, Map<Buffer, StoredAnswer> stored) {
        var key = each.request().key();
        return key == null ? null : stored.get(key.scope());
    }

    private static List<Buffer> scopes(List<PendingRequest> batch) {
        return batch.stream()
                .map(each -> each.request().key())
                .filter(Objects::nonNull)
                .map(IdempotencyKey::scope)
                .toList();
    }

    private static Uni<Void> pause(Supplier<Uni<Void>> then) {
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(Duration.ofMillis(ThreadLocalRandom.current().nextInt(1, LONGEST_PAUSE_MILLIS)))
                .chain(then::get);
    }
}

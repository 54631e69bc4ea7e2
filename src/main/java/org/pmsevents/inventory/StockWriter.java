package org.pmsevents.inventory;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.DatabaseException;
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
import org.pmsevents.database.ConflictException;
import org.pmsevents.database.OutcomeUnknownException;
import org.pmsevents.database.Transactions;
import org.pmsevents.error.AppException;
import org.pmsevents.idempotency.IdempotencyKey;
import org.pmsevents.idempotency.IdempotencyTable;
import org.pmsevents.idempotency.KeptAnswer;
import org.pmsevents.idempotency.KeyTakenException;

/**
 * Writes a batch of requests and tells each caller what became of it, whatever happens on the way: a deadlock, a key that is taken,
 * one bad line, a connection that is lost while nobody knows whether the server has committed. No line is ever written twice.
 */
@ApplicationScoped
public class StockWriter {
    private static final Logger LOG = Logger.getLogger(StockWriter.class);
    private static final int ATTEMPTS = 6;
    private static final int LOOKS = 4;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
    private static final int LONGEST_PAUSE_MILLIS = 20;

    private final StockChangeTable stock;
    private final IdempotencyTable keys;
    private final Transactions transactions;
    private final MeterRegistry meters;

    StockWriter(StockChangeTable stock, IdempotencyTable keys, Transactions transactions, MeterRegistry meters) {
        this.stock = stock;
        this.keys = keys;
        this.transactions = transactions;
        this.meters = meters;
    }

    /**
     * How far an attempt has come.
     *
     * @param number of the attempt, from 1
     * @param doubtful whether an earlier one may still reach the server: then a refusal proves nothing, because that one may be
     *     accepted after it
     */
    private record Attempt(int number, boolean doubtful) {
        private static final Attempt FIRST = new Attempt(1, false);

        Attempt next() {
            return new Attempt(number + 1, doubtful);
        }

        Attempt next(boolean moreDoubtful) {
            return new Attempt(number + 1, doubtful || moreDoubtful);
        }

        boolean isLast() {
            return number >= ATTEMPTS;
        }
    }

    /** What PostgreSQL knows of a batch. */
    private record Found(Map<Buffer, KeptAnswer> kept, Map<UUID, Movement> movements) {
        boolean nothing() {
            return kept.isEmpty() && movements.isEmpty();
        }
    }

    /** Completes, never with a failure, when every caller has been told. */
    Uni<Void> write(List<PendingRequest> batch) {
        return attempt(batch, Attempt.FIRST)
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
            if (attempt.doubtful() && result.refusedAny()) {
                each.fail(AppException.outcomeUnknown());
            } else {
                each.answer(result);
            }
        }
    }

    private Uni<Void> recover(List<PendingRequest> batch, Attempt attempt, Throwable failure) {
        meters.counter(
                        "pms.inventory.batch.failures",
                        "cause",
                        failure.getClass().getSimpleName())
                .increment();
        if (failure instanceof OutcomeUnknownException || failure instanceof StockChangeTable.MovedAlreadyException) {
            return lookUp(batch, attempt, failure);
        }
        if (attempt.isLast()) {
            return failed(attempt, failure);
        }
        if (failure instanceof ConflictException) {
            return pause(() -> attempt(batch, attempt.next()));
        }
        if (failure instanceof KeyTakenException) {
            return replay(batch, attempt);
        }
        if (failure instanceof DatabaseException && batch.size() > 1) {
            LOG.warnf("a batch of %d is written one by one: %s", batch.size(), failure.toString());
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
                .chain(kept -> {
                    var rest = new ArrayList<PendingRequest>();
                    for (var each : batch) {
                        var answer = kept(each, kept);
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
        return find(batch)
                .onFailure()
                .retry()
                .withBackOff(BETWEEN_LOOKS)
                .atMost(LOOKS)
                .onFailure()
                .transform(unanswered -> failure)
                .chain(found -> settle(batch, attempt, found, failure));
    }

    private Uni<Found> find(List<PendingRequest> batch) {
        var ids = batch.stream()
                .flatMap(each -> each.request().lines().stream())
                .map(StockLine::movementId)
                .toList();
        return transactions
                .read(client -> keys.find(client, scopes(batch)))
                .chain(kept -> transactions
                        .read(client -> stock.findMovements(client, ids))
                        .map(movements -> new Found(kept, movements)));
    }

    private Uni<Void> settle(List<PendingRequest> batch, Attempt attempt, Found found, Throwable failure) {
        var rest = new ArrayList<PendingRequest>();
        for (var each : batch) {
            var answer = kept(each, found.kept());
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
                each.fail(failure instanceof OutcomeUnknownException ? failure : new OutcomeUnknownException(failure));
            } else {
                rest.add(each);
            }
        }
        return attempt(rest, attempt.next(found.nothing()));
    }

    /** Its own answer, if that is what was lost; that of an earlier request otherwise. */
    private void settleKept(PendingRequest each, KeptAnswer answer) {
        var outcomes = answer.refused() ? List.<LineOutcome>of() : stock.kept(answer.answer());
        var first = each.request().lines().get(0);
        boolean own = outcomes.stream().anyMatch(outcome -> first.movementId().equals(outcome.movementId()))
                && outcomes.size() == each.request().lines().size();
        if (own) {
            each.answer(StockResult.of(each.request(), outcomes, null));
        } else {
            replay(each, answer);
        }
    }

    private void replay(PendingRequest each, KeptAnswer answer) {
        try {
            var key = Objects.requireNonNull(each.request().key());
            var kept = answer.replayedTo(key);
            each.answer(StockResult.of(each.request(), stock.kept(kept.answer()), kept.traceId()));
        } catch (AppException refusal) {
            each.fail(refusal);
        }
    }

    private static @Nullable KeptAnswer kept(PendingRequest each, Map<Buffer, KeptAnswer> kept) {
        var key = each.request().key();
        return key == null ? null : kept.get(key.scope());
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

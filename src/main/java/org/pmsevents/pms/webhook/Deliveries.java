package org.pmsevents.pms.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * Makes a webhook happen once however often it is delivered, to whichever replica: its answer is committed together with its change, and
 * given again to every later delivery of the same id and body.
 */
@ApplicationScoped
public class Deliveries {
    private static final int CONFLICTS = 3;
    /** How many webhooks may wait for their turn on a replica; further ones are answered 503. */
    private static final int MAX_WAITING = 16;

    private static final int LOOKS = 4;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
    private static final Duration ALL_LOOKS = Duration.ofSeconds(10);

    private final WebhookTable table;
    private final Transactions transactions;
    private final WebhookConfig config;
    private final Bulkhead bulkhead;
    private final Timer held;

    Deliveries(
            WebhookTable table, Transactions transactions, WebhookConfig config, Vertx vertx, MeterRegistry meters) {
        this.table = table;
        this.transactions = transactions;
        this.config = config;
        this.bulkhead = new Bulkhead(config.atOnce(), MAX_WAITING, config.longestWait(), vertx);
        this.held = Timer.builder("pms.webhook.held")
                .description("how long a webhook's transaction took, and so held its stock at the most")
                .register(meters);
    }

    /** What work has done, with the answer that it gives. */
    interface Done {
        /** JSON. */
        String answer();
    }

    /**
     * A webhook's answer.
     *
     * @param answer JSON
     * @param done null if it was done by an earlier delivery
     */
    record Delivered<D extends Done>(
            String answer, @Nullable D done) {}

    /**
     * Does the work in a transaction that is limited in time, unless the webhook was answered already.
     *
     * @param before what is done first, outside of the transaction
     * @throws AppException 422 {@code webhook-id-reused}; 503 {@code too-busy}, {@code database-busy}, {@code outcome-unknown}
     */
    <D extends Done> Uni<Delivered<D>> once(
            SyncRequest request,
            RequestContext context,
            Supplier<Uni<Void>> before,
            Function<Transactions.Limited, Uni<D>> work) {
        return bulkhead.take(() -> find(request.id())
                .chain(earlier -> earlier.isPresent()
                        ? replay(request, earlier.get())
                        : before.get().chain(() -> first(request, context, work))));
    }

    private <D extends Done> Uni<Delivered<D>> first(
            SyncRequest request, RequestContext context, Function<Transactions.Limited, Uni<D>> work) {
        return Uni.createFrom()
                .deferred(() -> transact(request, context, work))
                .onFailure(ConflictException.class)
                .retry()
                .atMost(CONFLICTS)
                .map(done -> new Delivered<>(done.answer(), done))
                .onFailure(WebhookTable.DeliveredAlreadyException.class)
                .recoverWithUni(taken -> lookUp(request, busy(taken)))
                .onFailure(OutcomeUnknownException.class)
                .recoverWithUni(unknown -> lookUp(request, unknown(unknown)));
    }

    private <D extends Done> Uni<D> transact(
            SyncRequest request, RequestContext context, Function<Transactions.Limited, Uni<D>> work) {
        long begun = System.nanoTime();
        return transactions
                .runWithin(
                        context,
                        config.holdLimit(),
                        transaction -> transaction
                                .next(client ->
                                        table.insert(client, request.id(), request.fingerprint(), context.traceId()))
                                .chain(() -> work.apply(transaction))
                                .call(done ->
                                        transaction.next(client -> table.answer(client, request.id(), done.answer()))))
                .onTermination()
                .invoke(() -> held.record(Duration.ofNanos(System.nanoTime() - begun)));
    }

    /** Somebody else was first, or this was and did not hear of it: PostgreSQL knows. */
    private <D extends Done> Uni<Delivered<D>> lookUp(SyncRequest request, AppException otherwise) {
        return find(request.id())
                .onFailure()
                .retry()
                .withBackOff(BETWEEN_LOOKS)
                .atMost(LOOKS)
                .ifNoItem()
                .after(ALL_LOOKS)
                .fail()
                .onFailure()
                .transform(unanswered -> otherwise)
                .chain(found -> found.isPresent()
                        ? replay(request, found.get())
                        : Uni.createFrom().failure(otherwise));
    }

    private Uni<Optional<WebhookTable.Delivery>> find(String id) {
        return transactions.read(client -> table.find(client, id));
    }

    private static <D extends Done> Uni<Delivered<D>> replay(SyncRequest request, WebhookTable.Delivery earlier) {
        return earlier.fingerprint().equals(request.fingerprint())
                ? Uni.createFrom().item(new Delivered<>(earlier.answer(), null))
                : Uni.createFrom()
                        .failure(AppException.unprocessable(
                                "webhook-id-reused", "This webhook-id was sent before with another body."));
    }

    private static AppException busy(Throwable cause) {
        return AppException.unavailable(
                        "database-busy", "Others are changing the same at the moment. Nothing was changed.", 1)
                .because(cause);
    }

    private static AppException unknown(Throwable cause) {
        return AppException.unavailable(
                        "outcome-unknown",
                        "The connection to the database broke while the change was being committed. "
                                + "Deliver it again under the same webhook-id.",
                        1)
                .because(cause);
    }
}

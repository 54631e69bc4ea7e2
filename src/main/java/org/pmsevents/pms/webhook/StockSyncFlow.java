package org.pmsevents.pms.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.Deadline;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.inventory.count.StockSync;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** The stock flow of the PMS. A signed webhook of counts is committed together with its ledger lines, its events and its answer. */
@Startup
@ApplicationScoped
public class StockSyncFlow {
    private static final String SOURCE = "pms";

    private final WebhookGuard guard;
    private final Deliveries deliveries;
    private final StockSync stock;
    private final UnknownSkuTable unknownSkus;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final Alerts alerts;
    private final ObjectMapper json;
    private final Clock clock;
    private final MeterRegistry meters;

    StockSyncFlow(
            WebhookGuard guard,
            Deliveries deliveries,
            StockSync stock,
            UnknownSkuTable unknownSkus,
            EventPublisher events,
            AfterCommit afterCommit,
            Alerts alerts,
            ObjectMapper json,
            Clock clock,
            MeterRegistry meters) {
        this.guard = guard;
        this.deliveries = deliveries;
        this.stock = stock;
        this.unknownSkus = unknownSkus;
        this.events = events;
        this.afterCommit = afterCommit;
        this.alerts = alerts;
        this.json = json;
        this.clock = clock;
        this.meters = meters;
        List.of("applied", "unchanged", "stale", "rejected").forEach(outcome -> count(outcome, 0));
    }

    /** The changes of a webhook, and the answer to it. */
    private record Applied(SyncReport report, StockSync.Synced synced, EventMessage event, String answer)
            implements Deliveries.Done {}

    /**
     * A webhook that was committed by this or an earlier delivery.
     *
     * @param answer JSON
     * @param applied null if an earlier delivery applied it
     */
    private record SyncChange(String answer, @Nullable Applied applied, Deadline answerBy) {}

    /**
     * The answer to a webhook.
     *
     * @param json {@link SyncReport}
     * @param replayed whether the answer is that of an earlier delivery
     */
    record Answer(String json, boolean replayed) {}

    /**
     * Applies the counts of a webhook, each as of its own time.
     *
     * @param age how long ago the webhook arrived; counts without a time are as of then
     * @throws AppException 401 {@code bad-signature}; 400 if the body is no JSON or has no list of lines; 422 {@code
     *     webhook-id-reused}; 503 if the stock is
     *     locked by others for too long, or {@code outcome-unknown}
     */
    Uni<Answer> sync(Webhook webhook, Duration age, RequestContext context) {
        return validateSync(webhook, age, context)
                .chain(valid -> syncStock(valid, context))
                .call(this::emitEvent)
                .call(this::updateCache)
                .call(this::notifyWebSocket)
                .map(change -> new Answer(change.answer(), change.applied() == null));
    }

    /** Checks the signature first: an unsigned body is not parsed. */
    private Uni<SyncRequest> validateSync(Webhook webhook, Duration age, RequestContext context) {
        return StrictJson.offLoop(webhook.body().length, () -> {
            guard.refuseUnsigned(webhook, context);
            var arrived = clock.instant().minus(age).truncatedTo(ChronoUnit.MICROS);
            var lines = SyncRules.lines(webhook.body(), arrived);
            return new SyncRequest(
                    webhook.id(),
                    Deliveries.fingerprint(PmsWebhookResource.STOCK, webhook.body()),
                    lines.readable(),
                    lines.unreadable(),
                    arrived);
        });
    }

    private Uni<SyncChange> syncStock(SyncRequest request, RequestContext context) {
        var lines = request.timely();
        return deliveries
                .<Applied>once(
                        request.id(),
                        request.fingerprint(),
                        context,
                        () -> stock.open(SyncRequest.stocks(lines)),
                        transaction -> applyLines(transaction, request, lines, context))
                .invoke(delivered -> {
                    measure(delivered.done());
                    alertUnreadable(request, delivered.done(), context);
                })
                .map(delivered -> new SyncChange(delivered.answer(), delivered.done(), afterCommit.answerBy()));
    }

    /** Locks stock before any event is recorded, and records inventory.synced last. */
    private Uni<Applied> applyLines(
            Transactions.Limited transaction, SyncRequest request, List<CountLine> lines, RequestContext context) {
        return stock.lock(transaction, SyncRequest.stocks(lines))
                .chain(locked -> stock.sync(transaction, locked, SyncRequest.counts(lines), request.id(), context))
                .call(synced -> storeUnknown(transaction, request, lines, synced))
                .map(synced -> applied(request, lines, synced, context))
                .call(applied -> transaction.next(client -> events.record(client, applied.event(), context)));
    }

    private Uni<Void> storeUnknown(
            Transactions.Limited transaction, SyncRequest request, List<CountLine> lines, StockSync.Synced synced) {
        var unknown = lines.stream().filter(line -> !synced.knows(line.stock())).toList();
        return unknown.isEmpty()
                ? Uni.createFrom().voidItem()
                : transaction.next(client -> unknownSkus.record(client, unknown, request.id()));
    }

    private Applied applied(
            SyncRequest request, List<CountLine> lines, StockSync.Synced synced, RequestContext context) {
        var report = SyncReport.of(request, lines, synced.outcomes());
        var event = events.event(EventType.INVENTORY_SYNCED, request.id(), report.told(SOURCE, request.id()), context);
        return new Applied(report, synced, event, write(report));
    }

    private String write(SyncReport report) {
        try {
            return json.writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report can always be written", e);
        }
    }

    private void measure(@Nullable Applied applied) {
        if (applied != null) {
            count("applied", applied.report().applied());
            count("unchanged", applied.report().unchanged());
            count("stale", applied.report().stale());
            count("rejected", applied.report().rejected().size());
        }
    }

    /** One alert for a webhook, by the delivery that has applied it. */
    private void alertUnreadable(SyncRequest request, @Nullable Applied applied, RequestContext context) {
        if (applied == null || request.unreadable().isEmpty()) {
            return;
        }
        var first = request.unreadable().get(0);
        int unreadable = request.unreadable().size();
        alerts.raise(Alert.warning(
                "webhook-lines",
                "A stock webhook had lines that can't be read",
                "webhook-id " + request.id() + ": " + unreadable + " of "
                        + (request.lines().size() + unreadable) + " lines were rejected. The first: " + first.pointer()
                        + ", " + first.code() + ": " + first.detail(),
                SOURCE,
                context));
    }

    private void count(String outcome, int lines) {
        meters.counter("pms.sync.lines", "outcome", outcome).increment(lines);
    }

    private Uni<Void> emitEvent(SyncChange change) {
        return afterCommit(change, "emitEvent", applied -> events.published(applied.event()));
    }

    private Uni<Void> updateCache(SyncChange change) {
        return afterCommit(change, "updateCache", applied -> stock.writeLevels(applied.synced()));
    }

    private Uni<Void> notifyWebSocket(SyncChange change) {
        return afterCommit(change, "notifyWebSocket", applied -> events.dispatched(applied.event()));
    }

    private Uni<Void> afterCommit(SyncChange change, String step, Function<Applied, Uni<?>> work) {
        var applied = change.applied();
        return applied == null
                ? Uni.createFrom().voidItem()
                : afterCommit.attempt(step, applied.event().metadata(), change.answerBy(), () -> work.apply(applied));
    }
}

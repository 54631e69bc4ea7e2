package org.pmsevents.inventory.lowstock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.inventory.JudgedStock;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.Transactions;

/**
 * Low stock. A stock causes one alert when it becomes low, and the next one only after it has risen above its threshold. The change of a
 * stock itself detects that a movement makes it low. This flow finds stock that became low by other means, and alerts the admins.
 */
@Startup
@ApplicationScoped
public class LowStockFlow {
    private static final List<CacheTag> LISTS = List.of(CacheTag.stocks());

    private final StockTable stock;
    private final InvalidationFlow cache;
    private final Transactions transactions;
    private final EventPublisher events;
    private final Alerts alerts;
    private final EventCodec codec;
    private final MeterRegistry meters;

    LowStockFlow(
            StockTable stock,
            InvalidationFlow cache,
            Transactions transactions,
            EventPublisher events,
            Alerts alerts,
            EventCodec codec,
            MeterRegistry meters) {
        this.stock = stock;
        this.cache = cache;
        this.transactions = transactions;
        this.events = events;
        this.alerts = alerts;
        this.codec = codec;
        this.meters = meters;
        meters.counter("pms.inventory.alerts");
    }

    /** The number of corrected stocks of a page, the notice to the caches, and whether the round is complete. */
    private record Corrected(int count, long notice, boolean isLast) {}

    /**
     * StockCheck → checkThreshold → emitEvent(inventory.alert), page by page until the round is complete. Each page is a short
     * transaction of its own.
     *
     * @param period a round begins only if the last one, of any replica, began that long ago
     */
    Uni<Void> checkStock(Duration period, RequestContext context) {
        return transactions
                .run(transaction -> checkThreshold(transaction, period)
                        .call(checked -> recordAlerts(transaction, checked.corrected(), context))
                        .chain(checked -> leaveNotice(transaction, checked)))
                .call(corrected ->
                        corrected.count() == 0 ? Uni.createFrom().voidItem() : emitEvents(corrected, context))
                .repeat()
                .whilst(corrected -> !corrected.isLast())
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** inventory.alert → notifyAdmin → updateMetrics; once in the cluster, by the durable handler. */
    public Uni<Void> tellAdmin(SqlClient transaction, EventMessage alert) {
        return notifyAdmin(transaction, alert).chain(this::updateMetrics);
    }

    /** Records the alert, if there is one, in the transaction that made the stock low. */
    public Uni<Optional<EventMessage>> recordAlert(SqlClient transaction, JudgedStock judged, RequestContext context) {
        var payload = judged.alert();
        if (payload == null) {
            return Uni.createFrom().item(Optional.empty());
        }
        var sku = judged.stock().key().sku();
        var alert = events.event(EventType.INVENTORY_ALERT, sku, new RawValue(payload), context);
        return events.record(transaction, alert, context).replaceWith(Optional.of(alert));
    }

    private Uni<StockTable.CheckedPage> checkThreshold(SqlClient transaction, Duration period) {
        return stock.correctLow(transaction, period);
    }

    private Uni<Void> recordAlerts(SqlClient transaction, List<JudgedStock> corrected, RequestContext context) {
        return Multi.createFrom()
                .iterable(corrected)
                .onItem()
                .transformToUniAndConcatenate(each -> recordAlert(transaction, each, context))
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** A stock that is no longer low has no event, so the caches need a notice. */
    private Uni<Corrected> leaveNotice(SqlClient transaction, StockTable.CheckedPage checked) {
        int count = checked.corrected().size();
        return count == 0
                ? Uni.createFrom().item(new Corrected(0, 0, checked.isLast()))
                : cache.leaveNotice(transaction, LISTS).map(notice -> new Corrected(count, notice, checked.isLast()));
    }

    private Uni<Void> emitEvents(Corrected corrected, RequestContext context) {
        cache.invalidate(LISTS, corrected.notice(), context);
        events.announceRecorded();
        return Uni.createFrom().voidItem();
    }

    /** Each stock has an alert of its own. An event is counted once, however often it is handled. */
    private Uni<Void> notifyAdmin(SqlClient transaction, EventMessage alert) {
        var metadata = alert.metadata();
        var low = codec.payload(alert, JsonNode.class);
        var place = alert.subject() + " at " + low.path("location").asText();
        return alerts.record(
                transaction,
                Alert.warning(
                                "low-stock:" + alert.subject() + "@"
                                        + low.path("location").asText(),
                                "Low stock",
                                place + ": " + low.path("onHand") + " on hand, low at " + low.path("threshold"),
                                alert.subject(),
                                metadata.context())
                        .once(metadata.id()));
    }

    private Uni<Void> updateMetrics() {
        meters.counter("pms.inventory.alerts").increment();
        return Uni.createFrom().voidItem();
    }
}

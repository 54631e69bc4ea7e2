package org.pmsevents.inventory.lowstock;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
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
import org.pmsevents.inventory.Stock;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.inventory.adjust.InventoryJson;
import org.pmsevents.platform.database.Transactions;

/**
 * Low stock: told once when a stock comes to its threshold, and again only after it has risen above it. Movements are judged with
 * their change; this finds what became low by other means, and tells the admins of all.
 */
@Startup
@ApplicationScoped
public class LowStockFlow {
    private static final int AT_ONCE = 200;

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

    /** How many were not judged as they should be, and the notice of that to the caches. */
    private record Judged(int count, long notice) {}

    /** StockCheck → checkThreshold → emitEvent(inventory.alert), until nothing is found any more. */
    Uni<Void> checkStock(RequestContext context) {
        return transactions
                .run(transaction -> checkThreshold(transaction)
                        .call(misjudged -> recordAlerts(transaction, misjudged, context))
                        .chain(misjudged -> leaveNotice(transaction, misjudged)))
                .call(judged -> judged.count() == 0 ? Uni.createFrom().voidItem() : emitEvents(judged, context))
                .repeat()
                .whilst(judged -> judged.count() == AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** inventory.alert → notifyAdmin → updateMetrics; once in the whole cluster, by the primary handler. */
    public Uni<Void> tellAdmin(SqlClient transaction, EventMessage alert) {
        return notifyAdmin(transaction, alert).chain(this::updateMetrics);
    }

    /** Records the alert in the transaction that has made the stock low. */
    public Uni<Optional<EventMessage>> alertIfNewlyLow(
            SqlClient transaction, Stock before, Stock after, RequestContext context) {
        var threshold = after.threshold();
        if (before.low() || !after.low() || threshold == null) {
            return Uni.createFrom().item(Optional.empty());
        }
        var alert = events.event(
                EventType.INVENTORY_ALERT, after.key().sku(), InventoryJson.alert(after, threshold), context);
        return events.record(transaction, alert).replaceWith(Optional.of(alert));
    }

    private Uni<List<Stock>> checkThreshold(SqlClient transaction) {
        return stock.lockMisjudged(transaction, AT_ONCE)
                .call(found ->
                        stock.turn(transaction, found.stream().map(Stock::key).toList()));
    }

    private Uni<Void> recordAlerts(SqlClient transaction, List<Stock> misjudged, RequestContext context) {
        return Multi.createFrom()
                .iterable(misjudged)
                .onItem()
                .transformToUniAndConcatenate(found -> alertIfNewlyLow(transaction, found, found.judged(), context))
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** What is low no longer is told by no event. */
    private Uni<Judged> leaveNotice(SqlClient transaction, List<Stock> misjudged) {
        return misjudged.isEmpty()
                ? Uni.createFrom().item(new Judged(0, 0))
                : cache.leaveNotice(transaction, LISTS).map(notice -> new Judged(misjudged.size(), notice));
    }

    private Uni<Void> emitEvents(Judged judged, RequestContext context) {
        cache.invalidate(LISTS, judged.notice(), context);
        events.announceRecorded();
        return Uni.createFrom().voidItem();
    }

    /** Of each stock its own alert, counted once however often the event is handled. */
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

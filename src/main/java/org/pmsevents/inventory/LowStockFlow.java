package org.pmsevents.inventory;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.pmsevents.database.Transactions;
import org.pmsevents.event.EventEmitter;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.Origin;

/**
 * Low stock: told once when a stock comes to its threshold, and again only after it has risen above it. Movements are judged with
 * their change; this finds what became low by other means, and tells the admins of all.
 */
@ApplicationScoped
public class LowStockFlow {
    private static final Logger LOG = Logger.getLogger(LowStockFlow.class);
    private static final int AT_ONCE = 200;

    private final StockTable stock;
    private final Transactions transactions;
    private final EventEmitter events;
    private final MeterRegistry meters;

    LowStockFlow(StockTable stock, Transactions transactions, EventEmitter events, MeterRegistry meters) {
        this.stock = stock;
        this.transactions = transactions;
        this.events = events;
        this.meters = meters;
    }

    /** StockCheck → checkThreshold → emitEvent(inventory.alert), until nothing is found any more. */
    Uni<Void> checkStock(Origin origin) {
        return transactions
                .run(transaction ->
                        checkThreshold(transaction).call(misjudged -> recordAlerts(transaction, misjudged, origin)))
                .call(judged -> judged.isEmpty() ? Uni.createFrom().voidItem() : emitEvents())
                .repeat()
                .whilst(judged -> judged.size() == AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** inventory.alert → notifyAdmin → updateMetrics; once in the whole cluster, by the primary handler. */
    public Uni<Void> tellAdmin(EventMessage alert) {
        return notifyAdmin(alert).chain(this::updateMetrics);
    }

    /** Records the alert in the transaction that has made the stock low. */
    Uni<Optional<EventMessage>> alertIfNewlyLow(SqlClient transaction, Stock before, Stock after, Origin origin) {
        var threshold = after.threshold();
        if (before.low() || !after.low() || threshold == null) {
            return Uni.createFrom().item(Optional.empty());
        }
        var alert = events.event(
                EventType.INVENTORY_ALERT, after.key().sku(), InventoryJson.alert(after, threshold), origin);
        return events.record(transaction, alert).replaceWith(Optional.of(alert));
    }

    private Uni<List<Stock>> checkThreshold(SqlClient transaction) {
        return stock.lockMisjudged(transaction, AT_ONCE)
                .call(found ->
                        stock.turn(transaction, found.stream().map(Stock::key).toList()));
    }

    private Uni<Void> recordAlerts(SqlClient transaction, List<Stock> misjudged, Origin origin) {
        return Multi.createFrom()
                .iterable(misjudged)
                .onItem()
                .transformToUniAndConcatenate(found -> alertIfNewlyLow(transaction, found, found.judged(), origin))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> emitEvents() {
        events.announceRecorded();
        return Uni.createFrom().voidItem();
    }

    /** A line in the log, until jobs carry alerts to where admins look. */
    private static Uni<EventMessage> notifyAdmin(EventMessage alert) {
        LOG.warnf(
                "ALERT low stock: %s, traceId=%s",
                alert.payload(), alert.metadata().traceId());
        return Uni.createFrom().item(alert);
    }

    private Uni<Void> updateMetrics(EventMessage alert) {
        meters.counter("pms.inventory.alerts").increment();
        return Uni.createFrom().voidItem();
    }
}

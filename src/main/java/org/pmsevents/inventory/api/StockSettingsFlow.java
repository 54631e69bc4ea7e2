package org.pmsevents.inventory.api;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.Deadline;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.precondition.Preconditions;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.inventory.Stock;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockProblems;
import org.pmsevents.inventory.StockRows;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.inventory.StockTags;
import org.pmsevents.inventory.lowstock.LowStockFlow;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** Sets what decides about stock without moving it: thresholds, and whether a location takes back-orders. */
@ApplicationScoped
class StockSettingsFlow {
    private final StockTable stock;
    private final StockRows rows;
    private final Transactions transactions;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final LowStockFlow lowStock;
    private final InvalidationFlow cache;

    StockSettingsFlow(
            StockTable stock,
            StockRows rows,
            Transactions transactions,
            EventPublisher events,
            AfterCommit afterCommit,
            LowStockFlow lowStock,
            InvalidationFlow cache) {
        this.stock = stock;
        this.rows = rows;
        this.transactions = transactions;
        this.events = events;
        this.afterCommit = afterCommit;
        this.lowStock = lowStock;
        this.cache = cache;
    }

    /** A stock with its new threshold, the alert if that makes it low, and the notice to the caches if anything has changed. */
    private record ThresholdChange(
            Stock stock,
            @Nullable EventMessage alert,
            @Nullable Long notice,
            Deadline answerBy) {}

    /**
     * Sets the threshold of a stock, or removes it.
     *
     * @throws AppException 400 with all violations; 403 {@code location-not-allowed}; 404 {@code product-not-found}
     */
    Uni<StockJson.StockView> setThreshold(
            String sku, byte @Nullable [] body, AllowedLocations allowed, RequestContext context) {
        return validateThreshold(body)
                .invoke(threshold -> allowed.require(threshold.location()))
                .chain(threshold -> updateThreshold(sku, threshold, context))
                .invoke(change -> invalidateCache(change, context))
                .call(this::emitAlert)
                .map(change -> StockJson.view(change.stock()));
    }

    /**
     * Sets whether stock at a location may go below zero; creates the location if it does not exist.
     *
     * @throws AppException 400 with all violations
     */
    Uni<StockJson.LocationView> setLocation(String location, byte @Nullable [] body, Preconditions conditions) {
        return StrictJson.read(body, StockRules::backorders)
                .call(backorders -> transactions.run(transaction ->
                        stock.setLocation(transaction, location, backorders).invoke(conditions::checkExistence)))
                .map(backorders -> new StockJson.LocationView(location, backorders));
    }

    private static Uni<StockRules.Threshold> validateThreshold(byte @Nullable [] body) {
        return StrictJson.read(body, StockRules::threshold);
    }

    private Uni<ThresholdChange> updateThreshold(String sku, StockRules.Threshold wanted, RequestContext context) {
        var key = new StockKey(sku, wanted.location());
        return rows.open(List.of(key))
                .chain(() -> transactions.run(
                        context,
                        transaction -> stock.lock(transaction, key)
                                .map(found -> found.orElseThrow(() -> StockProblems.productNotFound(sku)))
                                .chain(found -> updateThreshold(transaction, found, wanted.threshold(), context))));
    }

    private Uni<ThresholdChange> updateThreshold(
            SqlClient transaction, Stock found, @Nullable Long threshold, RequestContext context) {
        if (Objects.equals(found.threshold(), threshold)) {
            return Uni.createFrom().item(new ThresholdChange(found, null, null, afterCommit.answerBy()));
        }
        return stock.setThreshold(transaction, found.key(), threshold)
                .chain(updated -> lowStock.recordAlert(transaction, updated, context)
                        .chain(alert -> cache.leaveNotice(transaction, StockTags.of(List.of(found.key())))
                                .map(notice -> new ThresholdChange(
                                        updated.stock(), alert.orElse(null), notice, afterCommit.answerBy()))));
    }

    /** A change of a threshold has no event, so the caches need a notice. */
    private void invalidateCache(ThresholdChange change, RequestContext context) {
        var notice = change.notice();
        if (notice != null) {
            cache.invalidate(StockTags.of(List.of(change.stock().key())), notice, context);
        }
    }

    private Uni<Void> emitAlert(ThresholdChange change) {
        var alert = change.alert();
        return alert == null
                ? Uni.createFrom().voidItem()
                : afterCommit.attempt("emitEvent", alert.metadata(), change.answerBy(), sendAlert(alert));
    }

    private Supplier<Uni<?>> sendAlert(EventMessage alert) {
        return () -> events.published(alert).chain(() -> events.dispatched(alert));
    }
}

package org.pmsevents.inventory.api;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.Deadline;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.inventory.StockRows;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.inventory.StockTags;
import org.pmsevents.inventory.adjust.AdjustmentBatcher;
import org.pmsevents.inventory.adjust.AdjustmentJson;
import org.pmsevents.inventory.adjust.StockLine;
import org.pmsevents.inventory.adjust.StockRequest;
import org.pmsevents.inventory.adjust.StockResult;
import org.pmsevents.inventory.level.StockLevel;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/** The stock flows. Every movement is committed with its ledger line and its events, then published, and only then answered. */
@ApplicationScoped
public class InventoryFlow {
    private static final List<CacheTag> LOW_LISTS = List.of(CacheTag.stocks());

    private final StockTable stock;
    private final StockRows rows;
    private final AdjustmentBatcher batcher;
    private final StockLevels levels;
    private final Idempotency idempotency;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final InvalidationFlow cache;
    private final Tracing tracing;
    private final Clock clock;

    InventoryFlow(
            StockTable stock,
            StockRows rows,
            AdjustmentBatcher batcher,
            StockLevels levels,
            Idempotency idempotency,
            EventPublisher events,
            AfterCommit afterCommit,
            InvalidationFlow cache,
            Tracing tracing,
            Clock clock) {
        this.stock = stock;
        this.rows = rows;
        this.batcher = batcher;
        this.levels = levels;
        this.idempotency = idempotency;
        this.events = events;
        this.afterCommit = afterCommit;
        this.cache = cache;
        this.tracing = tracing;
        this.clock = clock;
    }

    /** A request with its result: each line is committed or refused. */
    private record StockChange(
            StockRequest request,
            StockResult result,
            @Nullable UUID lastEventId,
            Deadline answerBy) {}

    /**
     * Adds to a stock or takes from it.
     *
     * @throws AppException 400 with all violations; 403 {@code location-not-allowed}; 404 {@code product-not-found}; 409 {@code
     *     insufficient-stock}, {@code stock-changed} or {@code stock-out-of-range} with the present {@code onHand}; 503 {@code outcome-unknown}
     */
    Uni<AdjustmentJson.Adjusted> adjust(
            String sku,
            byte @Nullable [] body,
            AllowedLocations allowed,
            @Nullable IdempotencyKey key,
            RequestContext context) {
        return moveStock(body, valid -> List.of(StockRules.adjustment(sku, valid, clock)), allowed, false, key, context)
                .map(change -> AdjustmentJson.adjusted(change.request(), change.result()));
    }

    /**
     * Applies several lines in their order: each by itself or, if atomic, all or none.
     *
     * @throws AppException 400 with all violations; 403 {@code location-not-allowed} if any line is at another location; 409 {@code
     *     lines-refused} with all results; 503 {@code outcome-unknown}
     */
    Uni<AdjustmentJson.LineResults> adjustAll(
            byte @Nullable [] body,
            AllowedLocations allowed,
            boolean atomic,
            @Nullable IdempotencyKey key,
            RequestContext context) {
        return moveStock(body, valid -> StockRules.adjustments(valid, clock), allowed, atomic, key, context)
                .map(change -> AdjustmentJson.results(change.request(), change.result()));
    }

    /** Sets a stock to a count. If the stock equals the count, there is no movement and no event. Throws the same as {@link #adjust}. */
    Uni<AdjustmentJson.Adjusted> count(
            String sku,
            byte @Nullable [] body,
            AllowedLocations allowed,
            @Nullable IdempotencyKey key,
            RequestContext context) {
        return moveStock(body, valid -> List.of(StockRules.count(sku, valid, clock)), allowed, false, key, context)
                .map(change -> AdjustmentJson.adjusted(change.request(), change.result()));
    }

    private Uni<StockChange> moveStock(
            byte @Nullable [] body,
            Function<ParsedBody, List<StockLine>> rules,
            AllowedLocations allowed,
            boolean atomic,
            @Nullable IdempotencyKey key,
            RequestContext context) {
        return validateAdjustment(body, rules)
                .invoke(lines ->
                        lines.forEach(line -> allowed.require(line.stock().location())))
                .chain(lines -> updateStock(new StockRequest(lines, atomic, key, context, clock.instant())))
                .call(this::emitEvent)
                .call(this::updateCache)
                .call(this::notifyWebSocket);
    }

    /**
     * In the transaction that archives products: none of their stock is low any more.
     *
     * @return the notice to the caches for {@link #stockRetired}; empty if none of it was low
     */
    public Uni<Optional<Long>> retireStock(SqlClient transaction, Collection<String> skus) {
        return stock.retire(transaction, skus)
                .chain(changed -> changed == 0
                        ? Uni.createFrom().item(Optional.empty())
                        : cache.leaveNotice(transaction, LOW_LISTS).map(Optional::of));
    }

    /** After the commit of {@link #retireStock}. */
    public void stockRetired(Optional<Long> notice, RequestContext context) {
        notice.ifPresent(left -> cache.invalidate(LOW_LISTS, left, context));
    }

    private static Uni<List<StockLine>> validateAdjustment(
            byte @Nullable [] body, Function<ParsedBody, List<StockLine>> rules) {
        return StrictJson.read(body, rules);
    }

    private Uni<StockChange> updateStock(StockRequest request) {
        return idempotency
                .exclusively(request.key(), () -> rows.open(request.stocks()).chain(() -> write(request)))
                .map(result -> changed(request, result));
    }

    private StockChange changed(StockRequest request, StockResult result) {
        events.written(request.context(), () -> written(request, result));
        return new StockChange(request, result, result.lastEventId(), afterCommit.answerBy());
    }

    /** One statement may write many requests. Each has a span in its own trace that includes its wait for the statement. */
    private Uni<StockResult> write(StockRequest request) {
        return tracing.within(Kind.CLIENT, "transaction", request.context(), span -> {
            span.with("db.system.name", "postgresql")
                    .with("pms.lines", request.lines().size());
            return batcher.write(request);
        });
    }

    private static List<EventSpans.Written> written(StockRequest request, StockResult result) {
        var written = new ArrayList<EventSpans.Written>();
        for (int i = 0; result.replayOf() == null && i < result.outcomes().size(); i++) {
            var line = request.lines().get(i);
            var outcome = result.outcomes().get(i);
            if (outcome.eventId() != null) {
                written.add(new EventSpans.Written(
                        EventType.INVENTORY_UPDATED,
                        line.eventId(),
                        line.stock().sku()));
            }
            var correction = line.correctionEventId();
            if (outcome.countedAlready() && correction != null) {
                written.add(new EventSpans.Written(
                        EventType.INVENTORY_UPDATED, correction, line.stock().sku()));
            }
            if (line.alertId().equals(outcome.lastEventId())) {
                written.add(new EventSpans.Written(
                        EventType.INVENTORY_ALERT, line.alertId(), line.stock().sku()));
            }
        }
        return written;
    }

    private Uni<Void> emitEvent(StockChange change) {
        return afterCommit(change, "emitEvent", events::published);
    }

    private Uni<Void> updateCache(StockChange change) {
        return afterCommit(change, "updateCache", event -> {
            var moved = moved(change);
            cache.clear(StockTags.of(moved.stream().map(StockLevel::key).toList()));
            return levels.writeSoon(moved);
        });
    }

    private Uni<Void> notifyWebSocket(StockChange change) {
        return afterCommit(change, "notifyWebSocket", events::dispatched);
    }

    private Uni<Void> afterCommit(StockChange change, String step, Function<UUID, Uni<?>> work) {
        var lastEvent = change.lastEventId();
        return lastEvent == null
                ? Uni.createFrom().voidItem()
                : afterCommit.attempt(step, change.request().context(), change.answerBy(), () -> work.apply(lastEvent));
    }

    private static List<StockLevel> moved(StockChange change) {
        var levels = new ArrayList<StockLevel>();
        for (int i = 0; i < change.result().outcomes().size(); i++) {
            var outcome = change.result().outcomes().get(i);
            if (outcome.movementId() != null) {
                levels.add(
                        new StockLevel(change.request().lines().get(i).stock(), outcome.onHand(), outcome.version()));
            }
        }
        return levels;
    }
}

package org.pmsevents.inventory.count;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockRows;
import org.pmsevents.inventory.StockTags;
import org.pmsevents.inventory.level.StockLevel;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.Transactions;

/** Applies counts of another system, any number of them and each as of its own time, in the transaction of the caller. */
@ApplicationScoped
public class StockSync {
    private static final int LINES_AT_ONCE = 2_000;

    private final StockRows rows;
    private final StockSyncTable stock;
    private final StockLevels levels;
    private final EventPublisher events;
    private final InvalidationFlow cache;
    private final Clock clock;

    StockSync(
            StockRows rows,
            StockSyncTable stock,
            StockLevels levels,
            EventPublisher events,
            InvalidationFlow cache,
            Clock clock) {
        this.rows = rows;
        this.stock = stock;
        this.levels = levels;
        this.events = events;
        this.cache = cache;
        this.clock = clock;
    }

    /** Stocks that are locked by the current transaction. */
    public static final class LockedStocks {
        private final Map<StockKey, LockedStock> stocks;

        private LockedStocks(Map<StockKey, LockedStock> stocks) {
            this.stocks = stocks;
        }
    }

    /**
     * The result of a sync.
     *
     * @param locked those of the stocks that exist
     * @param outcomes one for each count, in their order
     * @param levels of the stocks that moved
     * @param lastEventId the last event of the sync; null if it caused none
     */
    public record Synced(
            LockedStocks locked,
            List<CountOutcome> outcomes,
            List<StockLevel> levels,
            @Nullable UUID lastEventId) {

        /** Whether the stock, and so its product, exists. */
        public boolean knows(StockKey key) {
            return locked.stocks.containsKey(key);
        }
    }

    /** Creates missing rows of stocks whose product exists. To be called before the transaction. */
    public Uni<Void> open(Collection<StockKey> keys) {
        return rows.open(keys);
    }

    /**
     * Locks the stocks. To be called before the transaction inserts anything, because inserts give events their order.
     *
     * @throws ConflictException if the transaction must be repeated
     */
    public Uni<LockedStocks> lock(Transactions.Limited transaction, Collection<StockKey> keys) {
        return transaction
                .next(stock::plan)
                .chain(() -> transaction.next(client -> stock.lock(client, keys)))
                .map(LockedStocks::new);
    }

    /**
     * Applies counts to locked stocks.
     *
     * @param reference reference of the movements in the ledger
     */
    public Uni<Synced> sync(
            Transactions.Limited transaction,
            LockedStocks locked,
            List<StockCount> counts,
            String reference,
            RequestContext context) {
        var judge = new CountJudge(locked.stocks, counts);
        return judged(transaction, counts, judge.open())
                .map(judged -> judge.judge(judged, clock))
                .call(verdict -> correct(transaction, verdict.corrections(), reference, context))
                .invoke(verdict -> events.written(context, () -> written(verdict.corrections())))
                .map(verdict -> synced(locked, verdict));
    }

    /** After the commit: clears the cache and writes the levels to Redis. */
    public Uni<Void> writeLevels(Synced synced) {
        cache.clear(StockTags.of(synced.levels().stream().map(StockLevel::key).toList()));
        return levels.writeSoon(synced.levels());
    }

    private Uni<Map<Integer, JudgedCount>> judged(
            Transactions.Limited transaction, List<StockCount> counts, List<Integer> indexes) {
        return indexes.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : transaction.next(client -> stock.judge(client, counts, indexes));
    }

    private Uni<Void> correct(
            Transactions.Limited transaction, List<Correction> corrections, String reference, RequestContext context) {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        return Multi.createFrom()
                .iterable(corrections)
                .group()
                .intoLists()
                .of(LINES_AT_ONCE)
                .onItem()
                .transformToUniAndConcatenate(
                        some -> transaction.next(client -> stock.correct(client, some, reference, context, now)))
                .collect()
                .last();
    }

    private static List<EventSpans.Written> written(List<Correction> corrections) {
        var written = new ArrayList<EventSpans.Written>();
        for (var each : corrections) {
            var sku = each.stock().sku();
            if (each.moves()) {
                written.add(new EventSpans.Written(EventType.INVENTORY_UPDATED, each.eventId(), sku));
            }
            if (each.alerts()) {
                written.add(new EventSpans.Written(EventType.INVENTORY_ALERT, each.alertId(), sku));
            }
        }
        return written;
    }

    private static Synced synced(LockedStocks locked, CountJudge.Verdict verdict) {
        var moved = verdict.corrections().stream().filter(Correction::moves).toList();
        UUID last = null;
        for (var each : verdict.corrections()) {
            last = each.alerts() ? each.alertId() : each.moves() ? each.eventId() : last;
        }
        return new Synced(
                locked,
                verdict.outcomes(),
                moved.stream()
                        .map(each -> new StockLevel(
                                each.stock(),
                                each.judged().onHand(),
                                each.judged().version()))
                        .toList(),
                last);
    }
}

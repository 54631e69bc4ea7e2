package org.pmsevents.inventory.lowstock;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockRows;
import org.pmsevents.inventory.StockTags;

/** Sets the thresholds of many stocks at once, in the transaction of the caller. */
@ApplicationScoped
public class Thresholds {
    private final ThresholdTable table;
    private final StockRows rows;
    private final InvalidationFlow cache;
    private final EventPublisher events;

    Thresholds(ThresholdTable table, StockRows rows, InvalidationFlow cache, EventPublisher events) {
        this.table = table;
        this.rows = rows;
        this.cache = cache;
        this.events = events;
    }

    /** @param threshold null for none */
    public record Wanted(StockKey stock, @Nullable Long threshold) {}

    /**
     * What was set.
     *
     * @param changed whether each stock that exists was changed
     * @param notice to the caches, because a threshold has no event; null if nothing was changed
     */
    public record ThresholdsSet(
            Map<StockKey, Boolean> changed, @Nullable Long notice) {
        private List<StockKey> stocks() {
            return changed.entrySet().stream()
                    .filter(Map.Entry::getValue)
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    /** Creates missing rows of stocks whose product exists. To be called before the transaction. */
    public Uni<Void> open(Collection<StockKey> keys) {
        return rows.open(keys);
    }

    /** Sets thresholds, each of another stock. */
    public Uni<ThresholdsSet> set(SqlClient transaction, List<Wanted> wanted, RequestContext context) {
        return table.set(transaction, wanted, context)
                .map(changed -> new ThresholdsSet(changed, null))
                .chain(set -> leaveNotice(transaction, set));
    }

    private Uni<ThresholdsSet> leaveNotice(SqlClient transaction, ThresholdsSet set) {
        var stocks = new ArrayList<>(set.stocks());
        return stocks.isEmpty()
                ? Uni.createFrom().item(set)
                : cache.leaveNotice(transaction, StockTags.of(stocks))
                        .map(notice -> new ThresholdsSet(set.changed(), notice));
    }

    /** After the commit. */
    public void announce(ThresholdsSet set, RequestContext context) {
        var notice = set.notice();
        if (notice != null) {
            cache.invalidate(StockTags.of(set.stocks()), notice, context);
            events.announceRecorded();
        }
    }
}

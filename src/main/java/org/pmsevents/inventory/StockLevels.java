package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.database.Transactions;

/**
 * Keeps the stock levels in Redis in step: each change writes its own once it is committed, the handler of the feed writes what that
 * has missed, and all are written anew where Redis has lost them.
 */
@ApplicationScoped
public class StockLevels {
    private static final Logger LOG = Logger.getLogger(StockLevels.class);
    private static final int PAGE = 200;
    private static final int REMEMBERED = 10_000;

    private final StockLevelGateway redis;
    private final StockTable stock;
    private final Transactions transactions;

    /** What this replica knows to be in Redis, so that the handler need not write what the change has written. */
    private final Map<StockKey, Long> written = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<StockKey, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    StockLevels(StockLevelGateway redis, StockTable stock, Transactions transactions) {
        this.redis = redis;
        this.stock = stock;
        this.transactions = transactions;
    }

    /** Writes the newest level of each stock, unless this replica has done so; fails if Redis does not take it. */
    public Uni<Void> write(Collection<StockLevel> levels) {
        Map<StockKey, StockLevel> newest = new LinkedHashMap<>();
        levels.forEach(level -> newest.merge(level.key(), level, StockLevel::newest));
        newest.values().removeIf(this::isWritten);
        return redis.write(newest.values()).invoke(() -> newest.values().forEach(this::remember));
    }

    /** Writes all levels if Redis has lost them, page by page. */
    Uni<Void> restore() {
        return redis.isComplete().chain(complete -> complete ? Uni.createFrom().voidItem() : writeAll());
    }

    private Uni<Void> writeAll() {
        LOG.info("Redis has no stock levels: all are written");
        forget();
        return writeAfter(null).chain(redis::complete);
    }

    private Uni<Void> writeAfter(@Nullable StockKey after) {
        return transactions
                .read(client -> stock.list(client, after, null, false, PAGE))
                .call(page -> redis.write(page.stream().map(StockLevels::level).toList()))
                .chain(page -> page.size() < PAGE ? Uni.createFrom().voidItem() : writeAfter(last(page)));
    }

    private static StockKey last(List<Stock> page) {
        return page.get(page.size() - 1).key();
    }

    private static StockLevel level(Stock stock) {
        return new StockLevel(stock.key(), stock.onHand(), stock.version());
    }

    private synchronized boolean isWritten(StockLevel level) {
        return written.getOrDefault(level.key(), 0L) >= level.version();
    }

    private synchronized void remember(StockLevel level) {
        written.merge(level.key(), level.version(), Math::max);
    }

    private synchronized void forget() {
        written.clear();
    }
}

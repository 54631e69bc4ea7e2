package org.pmsevents.inventory;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.stream.Collectors;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;

/**
 * Creates missing rows of stock before the stock is changed. The statement that changes stock can't insert the row itself, because its
 * lock does not see rows of its own. The row for the main location is created with the product.
 */
@ApplicationScoped
public class StockRows {
    private static final int REMEMBERED = 50_000;
    private static final Long NO_NOTICE = 0L;

    private final StockTable stock;
    private final Transactions transactions;
    private final InvalidationFlow cache;

    /** Rows are never deleted within an epoch of the feed. */
    private final Cache<StockKey, Boolean> known = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .executor(Runnable::run)
            .build();

    StockRows(StockTable stock, Transactions transactions, InvalidationFlow cache) {
        this.stock = stock;
        this.transactions = transactions;
        this.cache = cache;
    }

    /** Another epoch of the feed has begun: the database may have gone back, and lost rows. */
    public void forget() {
        known.invalidateAll();
    }

    /** Creates the missing rows of products that exist. */
    public Uni<Void> open(Collection<StockKey> keys) {
        var unknown = keys.stream()
                .filter(key -> !key.location().equals(StockKey.MAIN))
                .filter(this::isUnknown)
                .collect(Collectors.toSet());
        return unknown.isEmpty() ? Uni.createFrom().voidItem() : insert(unknown);
    }

    private Uni<Void> insert(Collection<StockKey> keys) {
        var tags = StockTags.of(keys);
        return transactions
                .run(transaction -> stock.open(transaction, keys)
                        .chain(opened -> opened > 0
                                ? cache.leaveNotice(transaction, tags)
                                : Uni.createFrom().item(NO_NOTICE))
                        .chain(notice ->
                                stock.existing(transaction, keys).map(existing -> new Opened(existing, notice))))
                .invoke(opened -> {
                    remember(opened.existing());
                    if (!opened.notice().equals(NO_NOTICE)) {
                        cache.invalidate(tags, opened.notice(), RequestContext.system());
                    }
                })
                .replaceWithVoid();
    }

    /** @param notice to the caches, because no event reports a new row */
    private record Opened(Collection<StockKey> existing, Long notice) {}

    private boolean isUnknown(StockKey key) {
        return known.getIfPresent(key) == null;
    }

    private void remember(Collection<StockKey> keys) {
        keys.forEach(key -> known.put(key, true));
    }
}

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
 * Has the row of a stock be there before it is changed: a row that is inserted by the statement that changes it would not be seen by
 * that statement's own lock. A product's row for the main location is there from its beginning.
 */
@ApplicationScoped
public class StockRows {
    private static final int REMEMBERED = 50_000;
    private static final Long NOTHING = 0L;

    private final StockTable stock;
    private final Transactions transactions;
    private final InvalidationFlow cache;

    /** Rows are never deleted. */
    private final Cache<StockKey, Boolean> known =
            Caffeine.newBuilder().maximumSize(REMEMBERED).executor(Runnable::run).build();

    StockRows(StockTable stock, Transactions transactions, InvalidationFlow cache) {
        this.stock = stock;
        this.transactions = transactions;
        this.cache = cache;
    }

    /** For those whose product there is. */
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
                                : Uni.createFrom().item(NOTHING))
                        .chain(notice ->
                                stock.existing(transaction, keys).map(existing -> new Opened(existing, notice))))
                .invoke(opened -> {
                    remember(opened.existing());
                    if (!opened.notice().equals(NOTHING)) {
                        cache.invalidate(tags, opened.notice(), RequestContext.system());
                    }
                })
                .replaceWithVoid();
    }

    /** @param notice to the caches, as no event tells of a row that is there now */
    private record Opened(Collection<StockKey> existing, Long notice) {}

    private boolean isUnknown(StockKey key) {
        return known.getIfPresent(key) == null;
    }

    private void remember(Collection<StockKey> keys) {
        keys.forEach(key -> known.put(key, true));
    }
}

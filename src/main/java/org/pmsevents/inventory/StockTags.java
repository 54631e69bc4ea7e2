package org.pmsevents.inventory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.pmsevents.cache.CacheTag;

/** What of the cache hangs on stock. */
public final class StockTags {
    private StockTags() {}

    /** What looks different once these have changed. */
    public static List<CacheTag> of(Collection<StockKey> keys) {
        var tags = new ArrayList<CacheTag>(keys.size() + 1);
        keys.forEach(key -> tags.add(CacheTag.stock(key.sku())));
        tags.add(CacheTag.stocks());
        return tags;
    }
}

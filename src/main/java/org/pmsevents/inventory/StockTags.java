package org.pmsevents.inventory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.pmsevents.cache.CacheTag;

/** The cache tags of stock. */
public final class StockTags {
    private StockTags() {}

    /** Returns the tags of the cache entries that a change of these stocks invalidates. */
    public static List<CacheTag> of(Collection<StockKey> keys) {
        var tags = new ArrayList<CacheTag>(keys.size() + 1);
        keys.forEach(key -> tags.add(CacheTag.stock(key.sku())));
        tags.add(CacheTag.stocks());
        return tags;
    }
}

package org.pmsevents.cache;

/**
 * What a cache entry is of.
 *
 * @param kind such as {@code product}
 * @param id such as the SKU
 */
public record CacheKey(String kind, String id) {
    public static CacheKey product(String sku) {
        return new CacheKey("product", sku);
    }

    /** As events name it: {@code product:85123A}. */
    @Override
    public String toString() {
        return kind + ":" + id;
    }
}

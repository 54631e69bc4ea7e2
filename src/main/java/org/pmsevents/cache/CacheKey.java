package org.pmsevents.cache;

import java.util.Optional;

/**
 * What a cache entry is of.
 *
 * @param kind such as {@code product}: names the {@link CacheSource}
 * @param id such as the SKU
 * @param tag what it hangs on; follows from the other two
 */
public record CacheKey(String kind, String id, CacheTag tag) {
    /** Longer ones are not kept. */
    public static final int LONGEST = 500;

    /** Between the SKU and the location; in neither of them. */
    private static final char SEPARATOR = '/';

    public static CacheKey product(String sku) {
        return new CacheKey(CacheTag.PRODUCT, sku, CacheTag.product(sku));
    }

    /** A page of products; the query has to be the same text for the same page. */
    public static CacheKey products(String query) {
        return new CacheKey(CacheTag.PRODUCTS, query, CacheTag.products());
    }

    public static CacheKey stock(String sku, String location) {
        return new CacheKey(CacheTag.STOCK, sku + SEPARATOR + location, CacheTag.stock(sku));
    }

    /** A page of stock; the query has to be the same text for the same page. */
    public static CacheKey stocks(String query) {
        return new CacheKey(CacheTag.STOCKS, query, CacheTag.stocks());
    }

    /** The key that is written like this, if it is one. */
    public static Optional<CacheKey> parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0 || colon == text.length() - 1) {
            return Optional.empty();
        }
        var id = text.substring(colon + 1);
        return switch (text.substring(0, colon)) {
            case CacheTag.PRODUCT -> Optional.of(product(id));
            case CacheTag.PRODUCTS -> Optional.of(products(id));
            case CacheTag.STOCK -> stock(id);
            case CacheTag.STOCKS -> Optional.of(stocks(id));
            default -> Optional.empty();
        };
    }

    private static Optional<CacheKey> stock(String id) {
        int separator = id.indexOf(SEPARATOR);
        return separator < 1 || separator == id.length() - 1
                ? Optional.empty()
                : Optional.of(stock(id.substring(0, separator), id.substring(separator + 1)));
    }

    /** Whether it is kept: a search may be for anything. */
    public boolean isKept() {
        return id.length() <= LONGEST;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CacheKey key && id.equals(key.id) && kind.equals(key.kind);
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + id.hashCode();
    }

    /** As events name it: {@code product:85123A}, {@code stock:85123A/main}. */
    @Override
    public String toString() {
        return kind + ":" + id;
    }
}

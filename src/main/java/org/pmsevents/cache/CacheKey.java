package org.pmsevents.cache;

import java.util.Optional;

/**
 * The key of a cache entry.
 *
 * @param kind such as {@code product}: names the {@link CacheSource}
 * @param id such as the SKU
 * @param tag changes under it make the entry out of date; follows from kind and id
 */
public record CacheKey(String kind, String id, CacheTag tag) {
    /** Longer ids are not cached. */
    public static final int LONGEST = 500;

    private static final String LOCATIONS = "locations";

    /** Separates the SKU from the location; part of neither. */
    private static final char SEPARATOR = '/';

    public static CacheKey product(String sku) {
        return new CacheKey(CacheTag.PRODUCT, sku, CacheTag.product(sku));
    }

    /** A page of products. Equal pages must have equal query texts. */
    public static CacheKey products(String query) {
        return new CacheKey(CacheTag.PRODUCTS, query, CacheTag.products());
    }

    public static CacheKey stock(String sku, String location) {
        return new CacheKey(CacheTag.STOCK, sku + SEPARATOR + location, CacheTag.stock(sku));
    }

    /** The stock of a product at all locations. */
    public static CacheKey locations(String sku) {
        return new CacheKey(LOCATIONS, sku, CacheTag.stock(sku));
    }

    /** A page of stock. Equal pages must have equal query texts. */
    public static CacheKey stocks(String query) {
        return new CacheKey(CacheTag.STOCKS, query, CacheTag.stocks());
    }

    /** Parses a key; empty if it is invalid. */
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
            case LOCATIONS -> Optional.of(locations(id));
            default -> Optional.empty();
        };
    }

    private static Optional<CacheKey> stock(String id) {
        int separator = id.indexOf(SEPARATOR);
        return separator < 1 || separator == id.length() - 1
                ? Optional.empty()
                : Optional.of(stock(id.substring(0, separator), id.substring(separator + 1)));
    }

    /** Whether this is a page of products or stock. */
    public boolean isList() {
        return kind.equals(CacheTag.PRODUCTS) || kind.equals(CacheTag.STOCKS);
    }

    /** Whether the entry may be cached: a search may have any length. */
    public boolean isCacheable() {
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

    /** The spelling in events: {@code product:85123A}, {@code stock:85123A/main}. */
    @Override
    public String toString() {
        return kind + ":" + id;
    }
}

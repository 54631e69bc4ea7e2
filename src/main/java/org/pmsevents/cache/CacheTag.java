package org.pmsevents.cache;

/**
 * Groups cache entries: a change under the tag makes all of them out of date.
 *
 * @param kind {@code product} or {@code stock} for those of a SKU; {@code products} or {@code stocks} for all lists
 * @param subject the SKU; empty for lists
 */
public record CacheTag(String kind, String subject) {
    static final String PRODUCT = "product";
    static final String PRODUCTS = "products";
    static final String STOCK = "stock";
    static final String STOCKS = "stocks";

    private static final CacheTag ALL_PRODUCTS = new CacheTag(PRODUCTS, "");
    private static final CacheTag ALL_STOCKS = new CacheTag(STOCKS, "");

    public static CacheTag product(String sku) {
        return new CacheTag(PRODUCT, sku);
    }

    /** Lists and searches of products. */
    public static CacheTag products() {
        return ALL_PRODUCTS;
    }

    /** The stock of a product, at all locations. */
    public static CacheTag stock(String sku) {
        return new CacheTag(STOCK, sku);
    }

    /** Lists of stock. */
    public static CacheTag stocks() {
        return ALL_STOCKS;
    }

    /** Parses a tag, known or not. */
    public static CacheTag parse(String text) {
        int colon = text.indexOf(':');
        return colon < 0 ? new CacheTag(text, "") : new CacheTag(text.substring(0, colon), text.substring(colon + 1));
    }

    /** Whether entries can have this tag. */
    public boolean isKnown() {
        return switch (kind) {
            case PRODUCT, STOCK -> !subject.isEmpty();
            case PRODUCTS, STOCKS -> subject.isEmpty();
            default -> false;
        };
    }

    /** {@code product:85123A}, {@code products}. */
    @Override
    public String toString() {
        return subject.isEmpty() ? kind : kind + ":" + subject;
    }
}

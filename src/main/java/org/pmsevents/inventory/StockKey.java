package org.pmsevents.inventory;

/** Which stock: of a product, at a location. */
public record StockKey(String sku, String location) {
    /** Where stock lies if nothing is said. */
    public static final String MAIN = "main";
}

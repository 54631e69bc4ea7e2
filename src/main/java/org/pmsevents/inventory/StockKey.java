package org.pmsevents.inventory;

/** Identifies a stock by product and location. */
public record StockKey(String sku, String location) {
    /** The location if none is named. */
    public static final String MAIN = "main";
}

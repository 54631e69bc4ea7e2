package org.pmsevents.inventory;

import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.TextArray;

/**
 * Selects a page of stock.
 *
 * @param after the last stock of the previous page; null for the first page
 */
public record StockQuery(
        @Nullable String location,
        boolean low,
        int limit,
        @Nullable StockKey after) {
    /** The name of the list in its cursors. */
    public static final String LIST = "stocks";

    /** Parses an {@link #id}. */
    public static StockQuery of(String id) {
        var fields = TextArray.read(id, 5);
        var sku = fields[3];
        var at = fields[4];
        return new StockQuery(
                fields[0],
                "true".equals(fields[1]),
                Integer.parseInt(String.valueOf(fields[2])),
                sku == null || at == null ? null : new StockKey(sku, at));
    }

    /** Returns the query as text; equal queries have equal texts. */
    public String id() {
        return TextArray.of(
                location,
                Boolean.toString(low),
                Integer.toString(limit),
                after == null ? null : after.sku(),
                after == null ? null : after.location());
    }
}

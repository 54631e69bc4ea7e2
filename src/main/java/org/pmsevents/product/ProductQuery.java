package org.pmsevents.product;

import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.TextArray;
import org.pmsevents.platform.paging.PageRequest;

/**
 * A query for one page of products.
 *
 * @param search substring of the name or SKU, ignoring case
 * @param after last SKU of the previous page
 */
record ProductQuery(
        @Nullable ProductStatus status,
        @Nullable String tag,
        @Nullable String search,
        int limit,
        @Nullable String after) {
    /** The name of the list in its cursors. */
    static final String LIST = "products";

    static ProductQuery of(
            @Nullable ProductStatus status, @Nullable String tag, @Nullable String search, PageRequest page) {
        return new ProductQuery(status, tag, search, page.limit(), page.after());
    }

    /** Parses an {@link #id}. */
    static ProductQuery of(String id) {
        var fields = TextArray.read(id, 5);
        var status = fields[0];
        return new ProductQuery(
                status == null ? null : ProductStatus.named(status).orElseThrow(),
                fields[1],
                fields[2],
                Integer.parseInt(String.valueOf(fields[3])),
                fields[4]);
    }

    /** The query as text. Equal queries have equal texts. */
    String id() {
        return TextArray.of(status == null ? null : status.wireName(), tag, search, Integer.toString(limit), after);
    }
}

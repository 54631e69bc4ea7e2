package org.pmsevents.product;

import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.TextArray;
import org.pmsevents.platform.paging.PageRequest;

/**
 * Which page of which products is wanted.
 *
 * @param search a part of the name or SKU, in any case
 * @param after the SKU before the page
 */
record ProductQuery(
        @Nullable ProductStatus status,
        @Nullable String tag,
        @Nullable String search,
        int limit,
        @Nullable String after) {

    static ProductQuery of(
            @Nullable ProductStatus status, @Nullable String tag, @Nullable String search, PageRequest page) {
        return new ProductQuery(status, tag, search, page.limit(), page.after());
    }

    /** The query of such an {@link #id}. */
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

    /** The same text for the same query. */
    String id() {
        return TextArray.of(status == null ? null : status.wireName(), tag, search, Integer.toString(limit), after);
    }
}

package org.pmsevents.product;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The life cycle of a product: draft, published, archived. */
public enum ProductStatus {
    DRAFT,
    PUBLISHED,
    ARCHIVED;

    /** The spelling in JSON and in the database. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<ProductStatus> named(String wireName) {
        return Arrays.stream(values())
                .filter(status -> status.wireName().equals(wireName))
                .findAny();
    }
}

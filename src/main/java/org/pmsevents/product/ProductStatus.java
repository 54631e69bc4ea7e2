package org.pmsevents.product;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The life of a product: draft, then published, in the end archived. */
public enum ProductStatus {
    DRAFT,
    PUBLISHED,
    ARCHIVED;

    /** As JSON and the database spell it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<ProductStatus> named(String wireName) {
        return Arrays.stream(values())
                .filter(status -> status.wireName().equals(wireName))
                .findAny();
    }
}

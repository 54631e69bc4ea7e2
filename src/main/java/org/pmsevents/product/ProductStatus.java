package org.pmsevents.product;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

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

    /**
     * The status that a list is asked for; null for all.
     *
     * @throws AppException 400 if there is none of that name
     */
    public static @Nullable ProductStatus ofParameter(@Nullable String status) {
        return status == null
                ? null
                : named(status)
                        .orElseThrow(() -> AppException.validationFailed(
                                "?status", "unknown-value", "status must be draft, published or archived."));
    }
}

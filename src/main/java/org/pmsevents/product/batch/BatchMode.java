package org.pmsevents.product.batch;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What lines may do: create products, replace products, or whichever is needed. */
public enum BatchMode {
    UPSERT,
    CREATE,
    UPDATE;

    /** The spelling in requests. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<BatchMode> named(String wireName) {
        return Arrays.stream(values())
                .filter(mode -> mode.wireName().equals(wireName))
                .findAny();
    }
}

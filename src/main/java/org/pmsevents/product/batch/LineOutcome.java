package org.pmsevents.product.batch;

import java.util.Locale;

/** What became of a product by a line that was accepted. */
public enum LineOutcome {
    CREATED,
    UPDATED,
    UNCHANGED,
    /** Published, whether it was also created or changed. */
    PUBLISHED,
    /** Archived, whether it was also created or changed. */
    ARCHIVED,
    /** Nothing: another rule than those of the catalogue says that the line is late. */
    STALE;

    /** The spelling in answers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}

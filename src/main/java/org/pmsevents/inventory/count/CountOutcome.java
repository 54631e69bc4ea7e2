package org.pmsevents.inventory.count;

import org.jspecify.annotations.Nullable;

/**
 * What became of a count.
 *
 * @param code why it was refused; null if it was not
 * @param detail the same for people
 */
public record CountOutcome(
        Kind kind, @Nullable String code, @Nullable String detail) {
    /** It says what is on hand, or has made it so; or a newer one says more; or it can't be true. */
    public enum Kind {
        APPLIED,
        UNCHANGED,
        STALE,
        REFUSED
    }

    static final CountOutcome APPLIED = new CountOutcome(Kind.APPLIED, null, null);
    static final CountOutcome UNCHANGED = new CountOutcome(Kind.UNCHANGED, null, null);
    static final CountOutcome STALE = new CountOutcome(Kind.STALE, null, null);

    /** Nobody knows a product of this SKU. */
    static final String UNKNOWN_SKU = "unknown-sku";

    static CountOutcome refused(String code, String detail) {
        return new CountOutcome(Kind.REFUSED, code, detail);
    }
}

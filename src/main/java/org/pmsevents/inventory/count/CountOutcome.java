package org.pmsevents.inventory.count;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a count.
 *
 * @param code why the count was refused; null if it was not
 * @param detail the same, for people to read
 */
public record CountOutcome(
        Kind kind, @Nullable String code, @Nullable String detail) {
    /** The stock was corrected; it equals the count already; a newer count is known; the count can't be applied. */
    public enum Kind {
        APPLIED,
        UNCHANGED,
        STALE,
        REFUSED
    }

    static final CountOutcome APPLIED = new CountOutcome(Kind.APPLIED, null, null);
    static final CountOutcome UNCHANGED = new CountOutcome(Kind.UNCHANGED, null, null);
    static final CountOutcome STALE = new CountOutcome(Kind.STALE, null, null);

    /** There is no product with this SKU. */
    static final String UNKNOWN_SKU = "unknown-sku";

    static CountOutcome refused(String code, String detail) {
        return new CountOutcome(Kind.REFUSED, code, detail);
    }
}

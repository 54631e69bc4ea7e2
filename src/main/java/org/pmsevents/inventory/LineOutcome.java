package org.pmsevents.inventory;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The result of one line of a request.
 *
 * @param code why the line was refused; null if it was accepted
 * @param delta of its movement: by how much the stock changed, unless the line was counted already
 * @param onHand stock after the line; if the line was refused, the stock at that moment; 0 if the product does not exist
 * @param onHandBefore stock before the request
 * @param version of the stock after the line
 * @param movementId null if nothing moved
 * @param eventId null if nothing moved
 * @param lastEventId the last event that the line caused; null if it caused none
 * @param countedAlready whether it happened before the last count of the stock, so that its movement was taken back by another
 */
public record LineOutcome(
        @Nullable String code,
        long delta,
        long onHand,
        long onHandBefore,
        long version,
        @Nullable UUID movementId,
        @Nullable UUID eventId,
        @Nullable UUID lastEventId,
        boolean countedAlready) {
    public static final String PRODUCT_NOT_FOUND = "product-not-found";
    public static final String INSUFFICIENT_STOCK = "insufficient-stock";
    public static final String STOCK_CHANGED = "stock-changed";
    public static final String STOCK_OUT_OF_RANGE = "stock-out-of-range";
    /** The line is valid, but another line of an atomic request was refused. */
    public static final String NOT_APPLIED = "not-applied";

    public static LineOutcome refused(String code, long onHand, long onHandBefore) {
        return new LineOutcome(code, 0, onHand, onHandBefore, 0, null, null, null, false);
    }

    public boolean accepted() {
        return code == null;
    }

    /**
     * The outcome of this line when no line of the request is applied. One that was refused keeps what it found, after the lines before
     * it; for the others it is what is there.
     */
    public LineOutcome notApplied() {
        return code == null ? refused(NOT_APPLIED, onHandBefore, onHandBefore) : refused(code, onHand, onHandBefore);
    }

    public boolean moved() {
        return movementId != null;
    }
}

package org.pmsevents.inventory.history;

import org.jspecify.annotations.Nullable;

/**
 * What the stock of one place must answer to a single caller, so that what the service answers to many at once can be judged.
 *
 * @param version 1 at the beginning, one more with every movement and every change of the threshold
 * @param backorders whether it may go below zero
 * @param threshold low at or below this; null for never
 * @param low whether it was low when it was judged last
 */
record StockModel(
        long onHand, long version, boolean backorders, @Nullable Long threshold, boolean low) {
    /** The most that may be on hand or move at once; less than its negative may not be either. */
    static final long MOST = 2_147_483_647L;

    /** What is answered, and what is there afterwards. */
    record Step(Answer answer, StockModel after) {}

    /** One that is never low. */
    StockModel(long onHand, long version, boolean backorders) {
        this(onHand, version, backorders, null, false);
    }

    static StockModel empty(boolean backorders) {
        return new StockModel(0, 1, backorders);
    }

    StockModel withBackorders(boolean taken) {
        return new StockModel(onHand, version, taken, threshold, low);
    }

    StockModel withThreshold(@Nullable Long bound) {
        return new StockModel(onHand, version + 1, backorders, bound, low).judged();
    }

    /** The same with {@code low} as it should not be. */
    StockModel misjudged() {
        return new StockModel(onHand, version, backorders, threshold, !judged().low);
    }

    /** The same with {@code low} as it should be. */
    StockModel judged() {
        return new StockModel(onHand, version, backorders, threshold, threshold != null && onHand <= threshold);
    }

    /** Whether it has become low since. */
    boolean alertsSince(StockModel before) {
        return low && !before.low;
    }

    Step adjust(long delta, @Nullable Long expectedOnHand) {
        if (expectedOnHand != null && expectedOnHand != onHand) {
            return refuse("stock-changed");
        }
        return move(delta);
    }

    Step count(long counted) {
        if (counted < 0 && !backorders) {
            return refuse("insufficient-stock");
        }
        return counted == onHand
                ? new Step(Answer.accepted(0, onHand, version), judged())
                : move(counted - onHand);
    }

    Step read() {
        return new Step(Answer.accepted(0, onHand, version), this);
    }

    private Step move(long delta) {
        long there = onHand + delta;
        if (delta < 0 && there < 0 && !backorders) {
            return refuse("insufficient-stock");
        }
        if (Math.abs(there) > MOST || Math.abs(delta) > MOST) {
            return refuse("stock-out-of-range");
        }
        var after = new StockModel(there, version + 1, backorders, threshold, low).judged();
        return new Step(Answer.accepted(delta, there, after.version), after);
    }

    private Step refuse(String code) {
        return new Step(Answer.refused(code, onHand), this);
    }
}

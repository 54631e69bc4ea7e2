package org.pmsevents.inventory.history;

import org.jspecify.annotations.Nullable;

/**
 * What the stock of one place must answer to a single caller, so that what the service answers to many at once can be judged.
 *
 * @param version 1 at the beginning, one more with every movement
 * @param backorders whether it may go below zero
 */
record StockModel(long onHand, long version, boolean backorders) {
    /** The most that may be on hand or move at once; less than its negative may not be either. */
    static final long MOST = 2_147_483_647L;

    /** What is answered, and what is there afterwards. */
    record Step(Answer answer, StockModel after) {}

    static StockModel empty(boolean backorders) {
        return new StockModel(0, 1, backorders);
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
        return counted == onHand ? read() : move(counted - onHand);
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
        var after = new StockModel(there, version + 1, backorders);
        return new Step(Answer.accepted(delta, there, after.version), after);
    }

    private Step refuse(String code) {
        return new Step(Answer.refused(code, onHand), this);
    }
}

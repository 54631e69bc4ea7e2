package org.pmsevents.inventory.history;

import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.history.StockModel.Step;

/** What one line of a request asks of one place. */
sealed interface Change {
    Place place();

    Step on(StockModel stock);

    /** @param expectedOnHand refuse if something else is there; null adjusts whatever is there */
    record Adjust(Place place, long delta, @Nullable Long expectedOnHand) implements Change {
        @Override
        public Step on(StockModel stock) {
            return stock.adjust(delta, expectedOnHand);
        }

        @Override
        public String toString() {
            return place + " " + (delta > 0 ? "+" : "") + delta
                    + (expectedOnHand == null ? "" : " if " + expectedOnHand);
        }
    }

    record Count(Place place, long onHand) implements Change {
        @Override
        public Step on(StockModel stock) {
            return stock.count(onHand);
        }

        @Override
        public String toString() {
            return place + " = " + onHand;
        }
    }

    /** TagVersions nothing: answered with delta 0, what is there and its version. */
    record Read(Place place) implements Change {
        @Override
        public Step on(StockModel stock) {
            return stock.read();
        }

        @Override
        public String toString() {
            return place + " ?";
        }
    }
}

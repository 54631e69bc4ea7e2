package org.pmsevents.product.batch;

import java.util.List;
import org.pmsevents.event.EventType;
import org.pmsevents.product.Product;

/**
 * What an accepted line does.
 *
 * @param after the product after it
 * @param steps its changes, in their order
 * @param publishes whether it asks for a product that the PMS has
 */
public record JudgedLine(Product after, List<Step> steps, LineOutcome outcome, boolean publishes) {

    /**
     * A change of a product that has an event.
     *
     * @param changed names of the fields, for {@code product.updated}
     */
    public record Step(Product after, EventType type, List<String> changed) {}

    /** The HTTP status of the line. */
    int status() {
        return !steps.isEmpty() && steps.get(0).type() == EventType.PRODUCT_CREATED ? 201 : 200;
    }
}

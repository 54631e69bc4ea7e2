package org.pmsevents.product;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;

/**
 * What a flow hands from step to step: the product as it is now, and the event of its change.
 *
 * @param recorded null if the request changed nothing
 * @param answerBy when the answer leaves, whether the steps after the commit are done or not
 */
record ProductChange(Product product, @Nullable EventMessage recorded, Instant answerBy) {

    boolean changedNothing() {
        return recorded == null;
    }

    EventMessage event() {
        return Objects.requireNonNull(recorded);
    }
}

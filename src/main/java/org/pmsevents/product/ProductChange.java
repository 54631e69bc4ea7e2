package org.pmsevents.product;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.pms.outbound.PmsSync;
import org.pmsevents.queue.Job;

/**
 * What a flow hands from step to step: the product as it is now, and the event of its change.
 *
 * @param recorded null if the request changed nothing
 * @param answerBy when the answer leaves, whether the steps after the commit are done or not
 * @param pmsSync how far it has come to the PMS, as known at the commit
 * @param syncJob what is to bring it there; null if nothing is
 */
record ProductChange(
        Product product,
        @Nullable EventMessage recorded,
        Instant answerBy,
        PmsSync pmsSync,
        @Nullable Job syncJob) {

    ProductChange(Product product, @Nullable EventMessage recorded, Instant answerBy) {
        this(product, recorded, answerBy, PmsSync.DISABLED, null);
    }

    ProductChange with(PmsSync sync, @Nullable Job job) {
        return new ProductChange(product, recorded, answerBy, sync, job);
    }

    ProductChange with(Instant later) {
        return new ProductChange(product, recorded, later, pmsSync, syncJob);
    }

    boolean changedNothing() {
        return recorded == null;
    }

    EventMessage event() {
        return Objects.requireNonNull(recorded);
    }
}

package org.pmsevents.product;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.publish.Deadline;
import org.pmsevents.pms.outbound.PmsSync;
import org.pmsevents.queue.Job;

/**
 * The state that a flow passes from step to step: the product after the change, and the event of the change.
 *
 * @param recorded null if the request changed nothing
 * @param answerBy when the answer is sent, even if steps after the commit are unfinished
 * @param pmsSync state of the sync to the PMS at the commit
 * @param syncJob job that sends the product to the PMS; null if none is needed
 */
record ProductChange(
        Product product,
        @Nullable EventMessage recorded,
        Deadline answerBy,
        PmsSync pmsSync,
        @Nullable Job syncJob) {

    ProductChange(Product product, @Nullable EventMessage recorded, Deadline answerBy) {
        this(product, recorded, answerBy, PmsSync.DISABLED, null);
    }

    ProductChange with(PmsSync sync, @Nullable Job job) {
        return new ProductChange(product, recorded, answerBy, sync, job);
    }

    ProductChange with(Deadline later) {
        return new ProductChange(product, recorded, later, pmsSync, syncJob);
    }

    boolean changedNothing() {
        return recorded == null;
    }

    EventMessage event() {
        return Objects.requireNonNull(recorded);
    }
}

package org.pmsevents.product.batch;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.queue.Job;

/**
 * What became of the lines of a batch. It is announced by {@link ProductBatch#announce} after the commit.
 *
 * @param results one for each line, in their order
 * @param left indexes of the lines that were not applied because others hold or have just changed their products: they have results for
 *     the case that they are given up, 503 {@code database-busy}. They can be applied by {@link BatchOptions#waiting}
 * @param created SKUs of the products that were created
 * @param changed SKUs of the products that were changed or created
 * @param jobs that send products to the PMS
 * @param notice to the caches if stock of an archived product was low
 * @param lastEvent null if there is none
 */
public record BatchResult(
        List<LineResult> results,
        List<Integer> left,
        List<String> created,
        List<String> changed,
        List<Job> jobs,
        Optional<Long> notice,
        @Nullable UUID lastEvent) {

    public boolean refusedAny() {
        return results.stream().anyMatch(result -> !result.isAccepted());
    }
}

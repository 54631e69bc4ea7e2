package org.pmsevents.inventory.adjust;

import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.Set;
import java.util.stream.Collectors;

/** A request that is queued or being written, with its caller, which gets exactly one answer or failure. */
final class PendingRequest {
    private final StockRequest request;
    private final UniEmitter<? super StockResult> caller;
    private final Set<String> skus;
    private final long since = System.nanoTime();
    private volatile boolean doubtful;

    PendingRequest(StockRequest request, UniEmitter<? super StockResult> caller) {
        this.request = request;
        this.caller = caller;
        this.skus = request.lines().stream().map(line -> line.stock().sku()).collect(Collectors.toUnmodifiableSet());
    }

    StockRequest request() {
        return request;
    }

    int size() {
        return request.lines().size();
    }

    Set<String> skus() {
        return skus;
    }

    /** Whether it can be written together with others. */
    boolean isSingle() {
        return size() == 1 && !request.atomic();
    }

    /** An attempt may still reach the server, so that a later one proves nothing by its refusal. */
    void doubt() {
        doubtful = true;
    }

    boolean isDoubtful() {
        return doubtful;
    }

    long waitedNanos() {
        return System.nanoTime() - since;
    }

    void answer(StockResult result) {
        caller.complete(result);
    }

    void fail(Throwable failure) {
        caller.fail(failure);
    }
}

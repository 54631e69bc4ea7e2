package org.pmsevents.inventory.adjust;

import io.smallrye.mutiny.subscription.UniEmitter;

/** A request that is queued or being written, with its caller, which gets exactly one answer or failure. */
final class PendingRequest {
    private final StockRequest request;
    private final UniEmitter<? super StockResult> caller;
    private final long since = System.nanoTime();

    PendingRequest(StockRequest request, UniEmitter<? super StockResult> caller) {
        this.request = request;
        this.caller = caller;
    }

    StockRequest request() {
        return request;
    }

    int size() {
        return request.lines().size();
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

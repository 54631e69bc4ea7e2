package org.pmsevents.pms.outbound;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/** A product on its way to the PMS, in as many tries as the gateway makes of it. */
public final class PmsCall {
    private final String sku;
    private final String json;
    private final UUID eventId;
    private final RequestContext context;
    private final AtomicInteger tries = new AtomicInteger();
    private volatile @Nullable PmsFailure last;

    /**
     * @param json the product, in the version that the event tells of
     * @param eventId the {@code Idempotency-Key}: the same for the same version, however often it is sent
     */
    public PmsCall(String sku, String json, UUID eventId, RequestContext context) {
        this.sku = sku;
        this.json = json;
        this.eventId = eventId;
        this.context = context;
    }

    String sku() {
        return sku;
    }

    String json() {
        return json;
    }

    UUID eventId() {
        return eventId;
    }

    RequestContext context() {
        return context;
    }

    void isTried() {
        tries.incrementAndGet();
    }

    void hasFailed(PmsFailure failure) {
        last = failure;
    }

    /** What came of the last try, as far as the PMS or the network has said; a policy may have the last word instead. */
    @Nullable
    PmsFailure last() {
        return last;
    }

    /** Whether the PMS has been called at all: not where the breaker was open, or the bulkhead full, from the start. */
    boolean wasTried() {
        return tries.get() > 0;
    }
}

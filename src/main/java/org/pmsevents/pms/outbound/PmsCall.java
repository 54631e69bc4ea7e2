package org.pmsevents.pms.outbound;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/** A product to send to the PMS, and the state of the attempts that the gateway makes. */
public final class PmsCall {
    private final String sku;
    private final String json;
    private final UUID eventId;
    private final RequestContext context;
    private final AtomicInteger tries = new AtomicInteger();
    private volatile @Nullable PmsFailure last;

    /**
     * @param json the product, in the version of the event
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

    /** The failure of the last attempt that reached the network. The call itself may end with the failure of a policy instead. */
    @Nullable
    PmsFailure last() {
        return last;
    }

    /** Whether the PMS was called. It is not called if the breaker was open, or the bulkhead full, from the start. */
    boolean wasTried() {
        return tries.get() > 0;
    }
}

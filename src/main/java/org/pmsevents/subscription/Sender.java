package org.pmsevents.subscription;

import io.smallrye.mutiny.Uni;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/** A kind of delivery that replicas work off: they send, and the receiver answers. */
public interface Sender extends DeliveryKind {
    /**
     * What is sent in one request.
     *
     * @param id the same at every attempt
     * @param events in their wire form
     */
    record Parcel(String id, List<Sent> events) {}

    /**
     * An event that is sent.
     *
     * @param json the wire form
     * @param position null for what is no event of the feed, such as a test
     */
    record Sent(
            String json,
            String type,
            String subject,
            String eventId,
            String time,
            @Nullable Long position) {}

    /** How many requests of a subscription may be under way at once. */
    int lanes(Subscription subscription);

    /** How many events a request may have. */
    int batch(Subscription subscription);

    /** Sends a request. Never fails, and completes within 15 s. */
    Uni<Outcome> send(Subscription subscription, String epoch, Parcel parcel, RequestContext context);
}

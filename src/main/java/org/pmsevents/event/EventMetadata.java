package org.pmsevents.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.tracing.Traced;

/**
 * What is known of an event beside its payload.
 *
 * @param timestamp when it was emitted, UTC, microseconds
 * @param actor who caused it
 * @param traceId W3C trace id of the request or webhook that began it
 * @param id UUIDv7, made by the replica that emitted it
 * @param subject the SKU, product, job or connection it is about
 * @param position place in the feed, from 1 without a gap; null until sequenced and for events that are not of the feed
 */
public record EventMetadata(
        Instant timestamp,
        String actor,
        String traceId,
        UUID id,
        String subject,
        @Nullable Long position) implements Traced {

    /** The span that records how the event was made has its id from the event's, so every replica knows it without being told. */
    @Override
    public long span() {
        return spanOf(id);
    }

    /** For what follows from the event. */
    public RequestContext context() {
        return new RequestContext(actor, traceId, span());
    }

    /** A span's id from that of the event or job that it makes: most of the random part of a UUIDv7, never 0. */
    public static long spanOf(UUID id) {
        return id.getLeastSignificantBits();
    }
}

package org.pmsevents.event;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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
        @Nullable Long position) {}

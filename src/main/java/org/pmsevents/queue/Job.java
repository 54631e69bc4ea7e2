package org.pmsevents.queue;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/**
 * A job as stored in PostgreSQL.
 *
 * @param payload JSON text
 * @param priority -100 to 100, higher first
 * @param attempt number of attempts begun, 0 before the first
 * @param token the fencing token of its last claim
 * @param cancelRequested whether the worker has to stop the job
 * @param progress JSON text: {@code done}, {@code total}, {@code note}
 * @param checkpoint JSON text that one attempt stores for the next; deleted when the job ends
 * @param result JSON text, of a completed job
 * @param errors JSON text: an array of {@code attempt}, {@code at}, {@code error}, the last 20
 */
public record Job(
        UUID id,
        String kind,
        String payload,
        JobState state,
        int priority,
        Instant runAt,
        @Nullable String uniqueKey,
        int attempt,
        int maxAttempts,
        long token,
        boolean cancelRequested,
        @Nullable String progress,
        @Nullable String checkpoint,
        @Nullable String result,
        String errors,
        RequestContext context,
        Instant createdAt,
        @Nullable Instant finishedAt) {}

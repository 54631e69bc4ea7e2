package org.pmsevents.queue;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/**
 * A job as it stands in PostgreSQL.
 *
 * @param payload JSON text
 * @param priority -100 to 100, higher first
 * @param attempt how often it has been begun, 0 before the first time
 * @param token the fencing token of its last claim
 * @param cancelRequested whether whoever runs it is to stop
 * @param progress JSON text: {@code done}, {@code total}, {@code note}
 * @param checkpoint JSON text that an attempt has kept for the next one; gone with the job's end
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

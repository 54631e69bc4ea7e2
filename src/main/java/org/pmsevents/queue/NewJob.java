package org.pmsevents.queue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/**
 * A request for a job.
 *
 * @param payload written as JSON, and read by the kind's {@link JobKind#read}
 * @param priority -100 to 100, higher first
 * @param runAt earliest time of the run; null: now
 * @param uniqueKey at most one unfinished job of the kind has it; null: any number of jobs
 * @param maxAttempts null: the limit of the kind
 */
public record NewJob<P>(
        JobKind<P> kind,
        P payload,
        int priority,
        @Nullable Instant runAt,
        @Nullable String uniqueKey,
        @Nullable Integer maxAttempts,
        RequestContext context) {

    public static <P> NewJob<P> of(JobKind<P> kind, P payload, RequestContext context) {
        return new NewJob<>(kind, payload, 0, null, null, null, context);
    }

    /** Returns a copy with a unique key. A job that is requested again while it runs is run once more afterwards. */
    public NewJob<P> unique(String key) {
        return new NewJob<>(kind, payload, priority, runAt, key, maxAttempts, context);
    }
}

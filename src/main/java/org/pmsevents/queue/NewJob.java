package org.pmsevents.queue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/**
 * What is asked of the queue.
 *
 * @param payload written as JSON, and read by the kind's {@link JobKind#read}
 * @param priority -100 to 100, higher first
 * @param runAt not before this; null: at once
 * @param uniqueKey of unfinished jobs of the kind there is one under a key; null: any number
 * @param maxAttempts null: as the kind says
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

    /** The same, once among the unfinished; asked for while it runs, it is run once more after that. */
    public NewJob<P> unique(String key) {
        return new NewJob<>(kind, payload, priority, runAt, key, maxAttempts, context);
    }
}

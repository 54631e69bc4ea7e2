package org.pmsevents.queue.api;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * The number of jobs in each state.
 *
 * @param oldestSeconds for how long the oldest waiting job has been due; null if none waits
 */
@RegisterForReflection
public record QueueState(
        long scheduled,
        long available,
        long running,
        long retryable,
        long completed,
        long cancelled,
        long discarded,
        @Nullable Double oldestSeconds) {}

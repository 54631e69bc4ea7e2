package org.pmsevents.queue.api;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * How many jobs there are in each state.
 *
 * @param oldestSeconds for how long the job that has waited longest could have run; null if none waits
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

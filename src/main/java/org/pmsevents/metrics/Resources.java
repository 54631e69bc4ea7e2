package org.pmsevents.metrics;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a replica uses and how it keeps up; the payload of {@code metrics.resources}. */
@RegisterForReflection
public record Resources(
        String replica,
        Instant startedAt,
        Heap heap,
        Rss rss,
        Cpu cpu,
        double eventLoopLagMillis,
        Postgresql postgresql,
        Redis redis,
        Websocket websocket,
        Feed feed,
        Jobs jobs) {

    /** Bytes. */
    @RegisterForReflection
    public record Heap(long used, long max) {}

    /**
     * Bytes.
     *
     * @param used null where the system does not tell
     * @param limit of the container; null where there is none
     */
    @RegisterForReflection
    public record Rss(@Nullable Long used, @Nullable Long limit) {}

    /** Shares of all processors, 0 to 1. */
    @RegisterForReflection
    public record Cpu(double process, double system) {}

    /**
     * The pool of connections.
     *
     * @param waiting how many wait for a connection
     * @param waitMillis how long one waited on average since the last look
     */
    @RegisterForReflection
    public record Postgresql(long active, long idle, long waiting, long max, double waitMillis) {}

    /** @param latencyMillis of a ping; null if there was no answer */
    @RegisterForReflection
    public record Redis(boolean reachable, @Nullable Double latencyMillis) {}

    @RegisterForReflection
    public record Websocket(long connections, long queuedBytes) {}

    /** @param position the last one dispatched here, {@code head} the highest that this replica has heard of */
    @RegisterForReflection
    public record Feed(long position, long head, long lag) {}

    /**
     * The queue.
     *
     * @param running on this replica
     * @param oldestSeconds for how long the job that has waited longest could have run, 0 if none waits; null if PostgreSQL doesn't say
     */
    @RegisterForReflection
    public record Jobs(long running, @Nullable Double oldestSeconds) {}
}

package org.pmsevents.metrics;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The resources that a replica uses, and its lag; the payload of {@code metrics.resources}. */
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

    /** In bytes. */
    @RegisterForReflection
    public record Heap(long used, long max) {}

    /**
     * In bytes.
     *
     * @param used null where the system does not report it
     * @param limit of the container; null if there is none
     */
    @RegisterForReflection
    public record Rss(@Nullable Long used, @Nullable Long limit) {}

    /** Shares of the capacity of all processors, 0 to 1. */
    @RegisterForReflection
    public record Cpu(double process, double system) {}

    /**
     * The pool of PostgreSQL connections.
     *
     * @param waiting number of statements that wait for a connection
     * @param waitMillis average time for a connection since the last check
     */
    @RegisterForReflection
    public record Postgresql(long active, long idle, long waiting, long max, double waitMillis) {}

    /** @param latencyMillis of a ping; null if Redis did not answer */
    @RegisterForReflection
    public record Redis(boolean reachable, @Nullable Double latencyMillis) {}

    @RegisterForReflection
    public record Websocket(long connections, long queuedBytes) {}

    /** @param position the last one dispatched on this replica, {@code head} the highest that this replica knows of */
    @RegisterForReflection
    public record Feed(long position, long head, long lag) {}

    /**
     * The queue.
     *
     * @param running number of jobs that run on this replica
     * @param oldestSeconds for how long the oldest waiting job has been due, 0 if none waits; null if PostgreSQL does not answer
     */
    @RegisterForReflection
    public record Jobs(long running, @Nullable Double oldestSeconds) {}
}

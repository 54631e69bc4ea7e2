package org.pmsevents.metrics.cluster;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.metrics.Resources;
import org.pmsevents.pms.outbound.PmsState;
import org.pmsevents.queue.api.QueueState;

/**
 * The metrics of the whole cluster over an hour or a week. Latencies are milliseconds, null without requests; errors are answers
 * with a status 5xx.
 *
 * @param complete false while Redis is unavailable: then counts are those of the answering replica since its start
 * @param head the highest position of the feed that the answering replica knows of
 * @param jobs null, like {@code pms} and {@code lowStock}, while PostgreSQL is unavailable
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.ALWAYS)
public record Summary(
        Instant at,
        String window,
        String step,
        boolean complete,
        List<Point> points,
        Totals totals,
        List<Route> routes,
        Map<String, Long> events,
        List<Replica> replicas,
        long head,
        Errors errors,
        @Nullable QueueState jobs,
        @Nullable PmsState pms,
        @Nullable Long lowStock) {

    /** A minute or an hour that begins at {@code at}. */
    @RegisterForReflection
    public record Point(
            Instant at,
            long requests,
            long errors,
            double errorRate,
            @Nullable Double p50,
            @Nullable Double p95,
            @Nullable Double p99,
            long events,
            long cacheReads,
            long cacheHits) {}

    /** The totals of the window. */
    @RegisterForReflection
    public record Totals(
            long requests,
            long errors,
            double errorRate,
            @Nullable Double p50,
            @Nullable Double p95,
            @Nullable Double p99,
            long events,
            long cacheReads,
            long cacheHits,
            @Nullable Double cacheHitRate) {}

    /** The requests of one method and path template. */
    @RegisterForReflection
    public record Route(
            String method,
            String route,
            long requests,
            long errors,
            @Nullable Double p50,
            @Nullable Double p95,
            @Nullable Double p99) {}

    /** The last report of a replica. */
    @RegisterForReflection
    public record Replica(
            String replica, Instant startedAt, Instant seenAt, long position, long lag, Resources resources) {}

    /** The error rate of the last minute over all replicas; {@code high} if it is high on any of them. */
    @RegisterForReflection
    public record Errors(
            String state,
            double rate,
            double threshold,
            @Nullable Instant since) {}
}

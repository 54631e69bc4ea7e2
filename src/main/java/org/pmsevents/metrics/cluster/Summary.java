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
 * How the whole cluster has done over an hour or a week. Latencies are milliseconds, null where there is none; errors are answers 5xx.
 *
 * @param complete false while Redis is away: then counts are those of the replica that answers, since its start
 * @param head the highest position of the feed that the replica that answers has heard of
 * @param jobs null, like {@code pms} and {@code lowStock}, while PostgreSQL is away
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

    /** Of the window. */
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

    /** The requests of a method to the resources of a template. */
    @RegisterForReflection
    public record Route(
            String method,
            String route,
            long requests,
            long errors,
            @Nullable Double p50,
            @Nullable Double p95,
            @Nullable Double p99) {}

    /** A replica as it last told of itself. */
    @RegisterForReflection
    public record Replica(
            String replica, Instant startedAt, Instant seenAt, long position, long lag, Resources resources) {}

    /** The error rate of the last minute over all replicas; {@code high} if that of any of them is. */
    @RegisterForReflection
    public record Errors(
            String state,
            double rate,
            double threshold,
            @Nullable Instant since) {}
}

package org.pmsevents.metrics.cluster;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.inventory.read.InventoryReads;
import org.pmsevents.metrics.Counts;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.MetricsConfig;
import org.pmsevents.metrics.Steps;
import org.pmsevents.pms.outbound.PmsOutage;
import org.pmsevents.pms.outbound.PmsState;
import org.pmsevents.queue.api.QueueReads;
import org.pmsevents.queue.api.QueueState;

/**
 * Answers with the metrics of the whole cluster. Parts whose source is unavailable are null. Requests within a moment share one
 * answer.
 */
@ApplicationScoped
public class SummaryReads {
    private static final Logger LOG = Logger.getLogger(SummaryReads.class);
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final int MOST_ROUTES = 100;

    private final SumReads sums;
    private final Rollup rollup;
    private final ReplicaReports reports;
    private final QueueReads queue;
    private final PmsOutage pms;
    private final InventoryReads inventory;
    private final Feed feed;
    private final MetricsConfig config;
    private final Clock clock;
    private final Map<Steps.Window, Uni<Summary>> kept = new EnumMap<>(Steps.Window.class);

    private record Cluster(boolean complete, Map<Long, Counts> sums, List<ReplicaReport> reports) {}

    private record Rest(Optional<QueueState> jobs, Optional<PmsState> pms, Optional<Long> lowStock) {}

    SummaryReads(
            SumReads sums,
            Rollup rollup,
            ReplicaReports reports,
            QueueReads queue,
            PmsOutage pms,
            InventoryReads inventory,
            Feed feed,
            MetricsConfig config,
            Clock clock) {
        this.sums = sums;
        this.rollup = rollup;
        this.reports = reports;
        this.queue = queue;
        this.pms = pms;
        this.inventory = inventory;
        this.feed = feed;
        this.config = config;
        this.clock = clock;
        for (var window : Steps.Window.values()) {
            kept.put(
                    window,
                    Uni.createFrom()
                            .deferred(() -> summarize(window))
                            .memoize()
                            .forFixedDuration(config.summaryKept()));
        }
    }

    /** Never fails because of Redis or PostgreSQL. */
    Uni<Summary> read(Steps.Window window) {
        return Objects.requireNonNull(kept.get(window));
    }

    private Uni<Summary> summarize(Steps.Window window) {
        return Uni.combine()
                .all()
                .unis(cluster(window), rest())
                .with((cluster, rest) -> summary(window, cluster, rest));
    }

    /** While Redis is unavailable: the counts of this replica. */
    private Uni<Cluster> cluster(Steps.Window window) {
        return Uni.combine()
                .all()
                .unis(sums.read(window), reports.all())
                .with((counts, all) -> new Cluster(true, counts, all))
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .invoke(failure -> LOG.debugf("can't read the sums of the cluster: %s", failure.toString()))
                .onFailure()
                .recoverWithItem(() -> new Cluster(false, rollup.own(window), reports.own()));
    }

    private Uni<Rest> rest() {
        return Uni.combine()
                .all()
                .unis(ifAnswered(queue::state), ifAnswered(pms::state), ifAnswered(inventory::countLow))
                .with(Rest::new);
    }

    private static <T> Uni<Optional<T>> ifAnswered(Supplier<Uni<T>> question) {
        return Uni.createFrom()
                .deferred(question::get)
                .map(Optional::of)
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .invoke(failure ->
                        LOG.debugf("can't read a part of the summary from PostgreSQL: %s", failure.toString()))
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    private Summary summary(Steps.Window window, Cluster cluster, Rest rest) {
        var now = clock.instant();
        var all = new Counts();
        window.until(now).forEach(step -> all.add(cluster.sums().getOrDefault(step, new Counts())));
        long head = cluster.reports().stream()
                .mapToLong(report -> report.resources().feed().head())
                .reduce(Math.max(0, feed.head()), Math::max);
        return new Summary(
                now,
                window.wireName(),
                window.step().toString(),
                cluster.complete(),
                window.until(now).stream()
                        .map(step -> point(window.begin(step), cluster.sums().getOrDefault(step, new Counts())))
                        .toList(),
                totals(all),
                routes(all),
                new TreeMap<>(all.events()),
                cluster.reports().stream().map(SummaryReads::replica).toList(),
                head,
                errors(cluster.reports()),
                rest.jobs().orElse(null),
                rest.pms().orElse(null),
                rest.lowStock().orElse(null));
    }

    private static Summary.Point point(Instant at, Counts counts) {
        var latencies = counts.latencies();
        long errors = counts.errors();
        return new Summary.Point(
                at,
                latencies.total(),
                errors,
                share(errors, latencies.total()),
                latencies.percentile(0.5),
                latencies.percentile(0.95),
                latencies.percentile(0.99),
                feedEvents(counts),
                counts.cacheReads(),
                counts.cacheHits());
    }

    private static Summary.Totals totals(Counts counts) {
        var latencies = counts.latencies();
        long errors = counts.errors();
        return new Summary.Totals(
                latencies.total(),
                errors,
                share(errors, latencies.total()),
                latencies.percentile(0.5),
                latencies.percentile(0.95),
                latencies.percentile(0.99),
                feedEvents(counts),
                counts.cacheReads(),
                counts.cacheHits(),
                counts.cacheReads() == 0 ? null : Double.valueOf(share(counts.cacheHits(), counts.cacheReads())));
    }

    private static List<Summary.Route> routes(Counts counts) {
        return counts.routes().entrySet().stream()
                .map(each -> route(each.getKey(), each.getValue()))
                .sorted(Comparator.comparingLong(Summary.Route::requests)
                        .reversed()
                        .thenComparing(Summary.Route::route)
                        .thenComparing(Summary.Route::method))
                .limit(MOST_ROUTES)
                .toList();
    }

    private static Summary.Route route(String name, Counts.Route counted) {
        int end = name.indexOf(' ');
        var latencies = counted.latencies();
        return new Summary.Route(
                name.substring(0, end),
                name.substring(end + 1),
                latencies.total(),
                counted.errors(),
                latencies.percentile(0.5),
                latencies.percentile(0.95),
                latencies.percentile(0.99));
    }

    private static Summary.Replica replica(ReplicaReport report) {
        var resources = report.resources();
        return new Summary.Replica(
                resources.replica(),
                resources.startedAt(),
                report.seenAt(),
                resources.feed().position(),
                resources.feed().lag(),
                resources);
    }

    /** {@code since}: if the rate is high, when the first replica's became high; otherwise when the last one's became normal. */
    private Summary.Errors errors(List<ReplicaReport> reports) {
        var states = reports.stream().map(ReplicaReport::errors).toList();
        var high = states.stream()
                .filter(ErrorState::isHigh)
                .map(ErrorState::since)
                .min(Comparator.naturalOrder());
        var normal = states.stream().map(ErrorState::since).max(Comparator.naturalOrder());
        return new Summary.Errors(
                (high.isPresent() ? ErrorState.State.HIGH : ErrorState.State.NORMAL).wireName(),
                share(
                        states.stream().mapToLong(ErrorState::errors).sum(),
                        states.stream().mapToLong(ErrorState::requests).sum()),
                config.errorThreshold(),
                high.or(() -> normal).orElse(null));
    }

    private static long feedEvents(Counts counts) {
        return Arrays.stream(EventType.values())
                .filter(type -> type.scope() == EventScope.FEED)
                .mapToLong(type -> counts.events().getOrDefault(type.wireName(), 0L))
                .sum();
    }

    private static double share(long part, long whole) {
        return whole == 0 ? 0 : Math.round(1e6 * part / whole) / 1e6;
    }
}

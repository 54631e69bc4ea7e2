package org.pmsevents.metrics.cluster;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCounts;
import org.pmsevents.event.EventType;
import org.pmsevents.metrics.Counts;
import org.pmsevents.metrics.MetricsConfig;
import org.pmsevents.metrics.Steps;
import org.pmsevents.metrics.request.RequestStats;
import org.pmsevents.platform.periodic.Periodic;

/**
 * Adds the counts of this replica to the cluster's sums, every few seconds, each count once: a batch that Redis has not
 * acknowledged is sent again under the same number. While Redis is unavailable counts are stored by minute for an hour and by hour
 * for a week. A crash loses the counts that were not sent.
 */
@ApplicationScoped
public class Rollup {
    private static final Logger LOG = Logger.getLogger(Rollup.class);
    private static final int LAST = 100;
    private static final int LAST_SECONDS = 2;

    private final RequestStats requests;
    private final EventCounts events;
    private final MetricsGateway gateway;
    private final MetricsConfig config;
    private final MeterRegistry meters;
    private final Clock clock;
    private final Periodic periodic;
    private final Timer added;
    private final Counter failures;
    private final List<Steps> waiting = everyWindow();
    private final List<Steps> own = everyWindow();
    private final long[] eventsBefore = new long[EventType.values().length];
    private long readsBefore;
    private long hitsBefore;
    private long number;
    private MetricsGateway.@Nullable Batch underWay;
    private volatile boolean reachable = true;

    Rollup(
            RequestStats requests,
            EventCounts events,
            MetricsGateway gateway,
            MetricsConfig config,
            MeterRegistry meters,
            Clock clock,
            Periodic periodic) {
        this.requests = requests;
        this.events = events;
        this.gateway = gateway;
        this.config = config;
        this.meters = meters;
        this.clock = clock;
        this.periodic = periodic;
        this.added = Timer.builder("pms.metrics.flush")
                .description("duration of adding the counts of a minute or an hour to the cluster's sums in Redis")
                .register(meters);
        this.failures = meters.counter("pms.metrics.flush.failures");
    }

    private static List<Steps> everyWindow() {
        return Arrays.stream(Steps.Window.values()).map(Steps::new).toList();
    }

    void start(@Observes StartupEvent started) {
        periodic.task("metrics.flush", config.flushEvery(), this::flush)
                .onFailure(this::failed)
                .start();
    }

    /** After the HTTP server, on the thread that shuts down, while the connections are open. */
    void stop(@Observes @Priority(LAST) ShutdownEvent stopping) {
        try {
            flush().subscribeAsCompletionStage().get(LAST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warnf("the last counts were not added to the cluster's: %s", e.toString());
        }
    }

    /** The counts of this replica alone, by step of the window. */
    Map<Long, Counts> own(Steps.Window window) {
        gather();
        return own.get(window.ordinal()).copy();
    }

    /** Adds all that waits, a step at a time; fails at the first that Redis does not take. What comes before the epoch is known waits. */
    Uni<Void> flush() {
        return Uni.createFrom().deferred(() -> {
            gather();
            return gateway.knowsEpoch() ? addNext() : Uni.createFrom().voidItem();
        });
    }

    private Uni<Void> addNext() {
        var next = next();
        if (next.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        long begun = System.nanoTime();
        return gateway.add(next.get())
                .invoke(() -> {
                    added.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
                    taken(next.get());
                })
                .chain(this::addNext);
    }

    private synchronized void gather() {
        var counts = new Counts();
        requests.drainTo(counts);
        for (var type : EventType.values()) {
            long now = events.count(type);
            counts.addEvents(type.wireName(), now - eventsBefore[type.ordinal()]);
            eventsBefore[type.ordinal()] = now;
        }
        long hits = 0;
        long reads = 0;
        for (var read : meters.find("pms.cache.reads").counters()) {
            reads += (long) read.count();
            hits += "miss".equals(read.getId().getTag("result")) ? 0 : (long) read.count();
        }
        counts.addCacheReads(reads - readsBefore, hits - hitsBefore);
        readsBefore = reads;
        hitsBefore = hits;
        var now = clock.instant();
        waiting.forEach(steps -> steps.add(now, counts));
        own.forEach(steps -> steps.add(now, counts));
    }

    /** The batch without an answer, or else the oldest waiting one. */
    private synchronized Optional<MetricsGateway.Batch> next() {
        for (var steps : waiting) {
            if (underWay == null) {
                underWay = steps.takeOldest()
                        .map(oldest -> new MetricsGateway.Batch(
                                steps.window(),
                                oldest.getKey(),
                                oldest.getValue().fields(),
                                ++number))
                        .orElse(null);
            }
        }
        return Optional.ofNullable(underWay);
    }

    private synchronized void taken(MetricsGateway.Batch batch) {
        if (underWay == batch) {
            underWay = null;
        }
        if (!reachable) {
            reachable = true;
            LOG.info("Redis accepts the counts of this replica again");
        }
    }

    private void failed(Throwable failure) {
        failures.increment();
        if (reachable) {
            reachable = false;
            LOG.warnf(
                    "Redis does not accept the counts of this replica, they will be sent later: %s",
                    failure.toString());
        }
    }
}

package org.pmsevents.metrics.resource;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.function.ToDoubleFunction;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.metrics.MetricsConfig;
import org.pmsevents.metrics.Resources;
import org.pmsevents.metrics.cluster.ReplicaReports;
import org.pmsevents.metrics.error.ErrorRateFlow;
import org.pmsevents.platform.periodic.Periodic;

/** Monitor → checkResources → emitEvent(metrics.resources) → updateMetrics: every few seconds, whatever is unavailable. */
@ApplicationScoped
public class ResourceMonitor {
    private static final Logger LOG = Logger.getLogger(ResourceMonitor.class);

    private final ResourceChecks checks;
    private final EventPublisher events;
    private final ReplicaReports reports;
    private final ErrorRateFlow errors;
    private final MetricsConfig config;
    private final Periodic periodic;
    private volatile @Nullable Resources last;

    ResourceMonitor(
            ResourceChecks checks,
            EventPublisher events,
            ReplicaReports reports,
            ErrorRateFlow errors,
            MetricsConfig config,
            MeterRegistry meters,
            Periodic periodic) {
        this.checks = checks;
        this.events = events;
        this.reports = reports;
        this.errors = errors;
        this.config = config;
        this.periodic = periodic;
        gauge(
                meters,
                "pms.memory.rss",
                "bytes",
                "resident memory of the process",
                now -> orNaN(now.rss().used()));
        gauge(
                meters,
                "pms.memory.limit",
                "bytes",
                "memory limit of the container",
                now -> orNaN(now.rss().limit()));
        gauge(
                meters,
                "pms.redis.reachable",
                null,
                "1 if Redis answered the last ping",
                now -> now.redis().reachable() ? 1 : 0);
        gauge(meters, "pms.jobs.oldest", "seconds", "for how long the oldest waiting job has been due", now -> {
            var oldest = now.jobs().oldestSeconds();
            return oldest == null ? Double.NaN : oldest;
        });
        gauge(
                meters,
                "pms.database.pool.max",
                null,
                "maximum number of connections to PostgreSQL",
                now -> now.postgresql().max());
    }

    void start(@Observes StartupEvent started) {
        periodic.task("metrics.resources", config.resourcesEvery(), this::monitor)
                .onFailure(failure -> LOG.debugf("the resources were not published: %s", failure.toString()))
                .startNow();
    }

    private Uni<Resources> monitor() {
        return checkResources().call(this::emitEvent).call(this::updateMetrics);
    }

    private Uni<Resources> checkResources() {
        return checks.check();
    }

    private Uni<Void> emitEvent(Resources resources) {
        events.emit(EventType.METRICS_RESOURCES, resources.replica(), resources, RequestContext.system());
        return Uni.createFrom().voidItem();
    }

    /** Updates the meters of this replica, and its report for the summary of the cluster. */
    private Uni<Void> updateMetrics(Resources resources) {
        last = resources;
        return reports.store(resources, errors.now());
    }

    private void gauge(
            MeterRegistry meters,
            String name,
            @Nullable String unit,
            String description,
            ToDoubleFunction<Resources> value) {
        Gauge.builder(name, this, monitor -> monitor.read(value))
                .baseUnit(unit)
                .description(description)
                .register(meters);
    }

    private double read(ToDoubleFunction<Resources> value) {
        var resources = last;
        return resources == null ? Double.NaN : value.applyAsDouble(resources);
    }

    private static double orNaN(@Nullable Long bytes) {
        return bytes == null ? Double.NaN : bytes;
    }
}

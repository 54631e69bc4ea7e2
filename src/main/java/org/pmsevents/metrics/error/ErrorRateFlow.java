package org.pmsevents.metrics.error;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.MetricsConfig;
import org.pmsevents.metrics.cluster.ReplicaReports;
import org.pmsevents.metrics.request.RequestStats;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.ReplicaName;
import org.pmsevents.platform.periodic.Periodic;

/**
 * Error → calculateRate → emitEvent(metrics.error) → updateDashboard. Each replica judges its own requests, so that it depends on
 * nothing else. Administrators are alerted once per period in which any replica has too many errors.
 */
@ApplicationScoped
public class ErrorRateFlow {
    private static final Logger LOG = Logger.getLogger(ErrorRateFlow.class);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration ANNOUNCE_AGAIN = Duration.ofMinutes(1);
    private static final Duration STORE = Duration.ofSeconds(15);
    private static final String SUBJECT = "error-rate";

    private final RequestStats requests;
    private final EventPublisher events;
    private final ErrorPeriodTable periods;
    private final Transactions transactions;
    private final Alerts alerts;
    private final MetricsConfig config;
    private final ReplicaReports reports;
    private final Clock clock;
    private final Periodic periodic;
    private final String replica;
    private final ErrorRate rate;
    private volatile Instant announcedAt = Instant.EPOCH;
    private final AtomicReference<@Nullable ErrorState> pendingAlert = new AtomicReference<>();

    ErrorRateFlow(
            RequestStats requests,
            EventPublisher events,
            ErrorPeriodTable periods,
            Transactions transactions,
            Alerts alerts,
            MetricsConfig config,
            ReplicaReports reports,
            ReplicaName replica,
            Clock clock,
            Periodic periodic,
            MeterRegistry meters) {
        this.requests = requests;
        this.events = events;
        this.periods = periods;
        this.transactions = transactions;
        this.alerts = alerts;
        this.config = config;
        this.reports = reports;
        this.replica = replica.value();
        this.clock = clock;
        this.periodic = periodic;
        this.rate = new ErrorRate(config, clock.instant());
        Gauge.builder("pms.error.rate", rate, judged -> judged.now().rate())
                .description("share of requests to this replica within the window that were answered with a status 5xx")
                .register(meters);
        Gauge.builder("pms.error.rate.high", rate, judged -> judged.now().isHigh() ? 1 : 0)
                .description("1 while the error rate is high")
                .register(meters);
    }

    void start(@Observes StartupEvent started) {
        periodic.action("metrics.error-rate", SECOND, this::check).start();
        periodic.task("metrics.error-alert", SECOND, this::notifyAdmin)
                .timeout(STORE)
                .onFailure(failure -> LOG.debugf("the error rate is not stored yet: %s", failure.toString()))
                .start();
    }

    /** The state at the last check. */
    public ErrorState now() {
        return rate.now();
    }

    private void check() {
        calculateRate()
                .ifPresent(state -> emitEvent(state)
                        .chain(() -> updateDashboard(state))
                        .subscribe()
                        .with(done -> {}, failure -> LOG.debugf("can't update the dashboard: %s", failure.toString())));
    }

    /** Returns the state if it must be announced: after a change, and once a minute while the rate is high. */
    private Optional<ErrorState> calculateRate() {
        var now = clock.instant();
        boolean changed = rate.sample(requests.requests(), requests.errors(), now);
        var state = rate.now();
        boolean again = state.isHigh() && !now.isBefore(announcedAt.plus(ANNOUNCE_AGAIN));
        if (!changed && !again) {
            return Optional.empty();
        }
        announcedAt = now;
        if (state.isHigh()) {
            pendingAlert.set(state);
        }
        return Optional.of(state);
    }

    private Uni<Void> emitEvent(ErrorState state) {
        var change = new ErrorRateChange(
                replica,
                state.state().wireName(),
                state.rate(),
                config.errorThreshold(),
                state.requests(),
                state.errors(),
                config.errorWindow().toString());
        LOG.logf(
                state.isHigh() ? Logger.Level.WARN : Logger.Level.INFO,
                "the error rate is %s: %d of %d requests failed within %s",
                change.state(),
                change.errors(),
                change.requests(),
                change.window());
        events.emit(EventType.METRICS_ERROR, replica, change, RequestContext.system());
        return Uni.createFrom().voidItem();
    }

    /** Connected dashboards receive the event; others find the state in the report of this replica. */
    private Uni<Void> updateDashboard(ErrorState state) {
        return reports.errors(state);
    }

    /** Repeated until it is stored, if need be after PostgreSQL is back. */
    private Uni<Void> notifyAdmin() {
        var state = pendingAlert.get();
        if (state == null) {
            return Uni.createFrom().voidItem();
        }
        return transactions
                .run(transaction -> periods.high(transaction, ANNOUNCE_AGAIN.multipliedBy(2))
                        .call(begun -> begun
                                ? alerts.record(transaction, alert(state))
                                : Uni.createFrom().voidItem()))
                .invoke(() -> pendingAlert.compareAndSet(state, null))
                .replaceWithVoid();
    }

    private Alert alert(ErrorState state) {
        return Alert.critical(
                "error-rate",
                "Too many requests fail",
                String.format(
                        Locale.ROOT,
                        "%d of %d requests to %s within %s, %.1f %%",
                        state.errors(),
                        state.requests(),
                        replica,
                        config.errorWindow(),
                        100 * state.rate()),
                SUBJECT,
                RequestContext.system());
    }
}

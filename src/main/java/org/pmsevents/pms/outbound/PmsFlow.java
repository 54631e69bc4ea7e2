package org.pmsevents.pms.outbound;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.problem.IntegrationError;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.api.JobFlow;

/** A request to the PMS, made by a job. A failure is emitted as an event, retried by the queue, and reported to the admins. */
@Startup
@ApplicationScoped
public class PmsFlow {
    /** The kind of the jobs that send products. */
    public static final String JOBS = "pms.sync";

    private static final TraceLog LOG = TraceLog.of(PmsFlow.class);
    private static final Duration WITHOUT_PMS = Duration.ofSeconds(30);

    private final PmsGateway gateway;
    private final PmsOutage outage;
    private final PmsConfig config;
    private final Alerts alerts;
    private final EventPublisher events;
    private final JobFlow jobs;
    private final MeterRegistry meters;

    PmsFlow(
            PmsGateway gateway,
            PmsOutage outage,
            PmsConfig config,
            Alerts alerts,
            EventPublisher events,
            JobFlow jobs,
            MeterRegistry meters) {
        this.gateway = gateway;
        this.outage = outage;
        this.config = config;
        this.alerts = alerts;
        this.events = events;
        this.jobs = jobs;
        this.meters = meters;
        // registered at the start, so that the first failure is an increase
        List.of("accepted", "newer", "refused", "busy", "unavailable", "postponed")
                .forEach(outcome -> meters.timer("pms.sync", "outcome", outcome));
    }

    /** Whether a PMS is configured. */
    public boolean isEnabled() {
        return config.url().isPresent();
    }

    /** Whether the PMS itself made the change, and so has it already. */
    public boolean isFromPms(RequestContext context) {
        return context.actor().equals(config.actor());
    }

    public Duration budget() {
        return config.budget();
    }

    /**
     * Sends a product to the PMS. On failure: PMSRequest → processRequest → emitEvent('error.integration') → retryQueue → notifyAdmin.
     *
     * @throws JobFailure how the queue handles the failure: retry, postpone or discard
     */
    public Uni<PmsAnswer> send(PmsCall call, JobRun run) {
        if (!isEnabled()) {
            return Uni.createFrom().failure(JobFailure.postponed("no PMS is configured", null, WITHOUT_PMS));
        }
        long begun = System.nanoTime();
        return processRequest(call)
                .onItemOrFailure()
                .invoke((answer, failure) -> measure(begun, outcome(call, answer, failure)))
                .call(answer -> endOutage(run.context()))
                .onFailure()
                .recoverWithUni(failure -> wasNotCalled(call, failure)
                        ? postpone(failure)
                        : Uni.createFrom()
                                .item(error(call, run, failure))
                                .invoke(error -> emitEvent(error, run.context()))
                                .call(error -> notifyAdmin(error, failure, run.context()))
                                .chain(error -> retryQueue(error, failure)));
    }

    private Uni<PmsAnswer> processRequest(PmsCall call) {
        return Uni.createFrom().deferred(() -> gateway.put(call));
    }

    private void emitEvent(IntegrationError error, RequestContext context) {
        events.emit(EventType.ERROR_INTEGRATION, error.operation(), error, context);
    }

    private static Uni<PmsAnswer> retryQueue(IntegrationError error, Throwable failure) {
        var message = "the PMS: " + error.detail();
        var pause = failure instanceof PmsFailure.Busy busy ? busy.retryAfter() : null;
        return Uni.createFrom()
                .failure(
                        isTemporary(error)
                                ? JobFailure.temporary(message, failure, pause)
                                : JobFailure.permanent(message, failure));
    }

    /** A 429 does not count towards an outage: the PMS is available. */
    private Uni<Void> notifyAdmin(IntegrationError error, Throwable failure, RequestContext context) {
        if (!isTemporary(error)) {
            alerts.raise(Alert.warning(
                    "pms:refused",
                    "the PMS refuses a product",
                    error.operation() + ": " + error.detail(),
                    error.operation(),
                    context));
            return Uni.createFrom().voidItem();
        }
        if (failure instanceof PmsFailure.Busy busy && Integer.valueOf(429).equals(busy.status())) {
            return Uni.createFrom().voidItem();
        }
        return outage.failed(error.detail(), context)
                .onFailure()
                .invoke(lost -> LOG.warnf(context, "can't count a failure of the PMS: %s", lost.toString()))
                .onFailure()
                .recoverWithNull();
    }

    /** The first call that succeeds after an outage ends it and schedules an early retry of the waiting jobs. */
    private Uni<Void> endOutage(RequestContext context) {
        return outage.works()
                .chain(since -> since.isEmpty() ? Uni.createFrom().voidItem() : resume(context))
                .onFailure()
                .invoke(lost -> LOG.warnf(context, "can't record the end of an outage of the PMS: %s", lost.toString()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> resume(RequestContext context) {
        return jobs.retrySoon(JOBS)
                .invoke(waiting -> LOG.infof(context, "retrying %d products that waited for the PMS", waiting))
                .replaceWithVoid();
    }

    private static boolean isTemporary(IntegrationError error) {
        return Boolean.TRUE.equals(error.temporary());
    }

    /** The PMS was not called, so the failure says nothing about it. */
    private static boolean wasNotCalled(PmsCall call, Throwable failure) {
        return !call.wasTried()
                && (failure instanceof CircuitBreakerOpenException || failure instanceof BulkheadException);
    }

    /** The pause is long during an outage, because its end retries all jobs. Otherwise it lasts until the breaker lets calls through. */
    private Uni<PmsAnswer> postpone(Throwable failure) {
        return outage.isOn()
                .onFailure()
                .recoverWithItem(false)
                .chain(unavailable -> Uni.createFrom()
                        .failure(JobFailure.postponed(
                                "the PMS was not called: circuit breaker open or bulkhead full",
                                failure,
                                jittered(
                                        unavailable
                                                ? config.longestPause()
                                                : Duration.ofMillis(config.breakerDelayMillis() * 2)))));
    }

    /** A random duration between half of {@code longest} and all of it. */
    private static Duration jittered(Duration longest) {
        long millis = longest.toMillis();
        return Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    }

    /** If a retry was stopped by the open breaker, the error reports the failure before it. */
    private static IntegrationError error(PmsCall call, JobRun run, Throwable thrown) {
        var last = call.last();
        var failure = thrown instanceof CircuitBreakerOpenException && last != null ? last : thrown;
        var status = failure instanceof PmsFailure known ? known.status() : null;
        return new IntegrationError(
                "pms",
                call.sku(),
                run.attempt(),
                status,
                !(failure instanceof PmsFailure.Refused),
                Optional.ofNullable(detail(failure)).orElse("failed"));
    }

    private static @Nullable String detail(Throwable failure) {
        if (failure instanceof TimeoutException) {
            return "no answer in time";
        }
        return failure.getMessage();
    }

    private void measure(long begun, String outcome) {
        meters.timer("pms.sync", "outcome", outcome).record(Duration.ofNanos(System.nanoTime() - begun));
    }

    private static String outcome(PmsCall call, @Nullable PmsAnswer answer, @Nullable Throwable failure) {
        if (answer != null) {
            return answer == PmsAnswer.NEWER ? "newer" : "accepted";
        }
        if (failure == null || wasNotCalled(call, failure)) {
            return "postponed";
        }
        if (failure instanceof PmsFailure.Refused) {
            return "refused";
        }
        return failure instanceof PmsFailure.Busy ? "busy" : "unavailable";
    }
}

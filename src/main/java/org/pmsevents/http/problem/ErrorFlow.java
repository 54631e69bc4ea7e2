package org.pmsevents.http.problem;

import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.SystemError;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.periodic.Throttle;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violation;
import org.pmsevents.platform.tracing.TraceLog;

/**
 * The flow of every failed request: the failure is announced, logged without secrets, and answered. Failures of the service also
 * alert the administrators; repeated failures of one kind (as when the database is unavailable) are announced once a second.
 */
@Singleton
@Unremovable
public class ErrorFlow {
    private static final TraceLog LOG = TraceLog.of(ErrorFlow.class);
    private static final Duration REPEAT = Duration.ofSeconds(1);
    private static final String UNEXPECTED = "internal-error";

    /** Payload of {@code error.validation}. */
    @RegisterForReflection
    public record ValidationError(int status, String code, String method, String path, List<Violation> violations) {}

    private final EventPublisher events;
    private final Alerts alerts;
    private final Throttle announcements;

    public ErrorFlow(EventPublisher events, Alerts alerts) {
        this.events = events;
        this.alerts = alerts;
        this.announcements = new Throttle(REPEAT);
    }

    /** Handles any failure; returns the answer. */
    Problem answer(AppException failure, RoutingContext routing) {
        var request = FailedRequest.of(routing);
        if (isClientGone(failure, routing)) {
            // no failure of the service, and nobody reads the answer
            logError(failure, request);
            return formatResponse(failure, request);
        }
        return failure.status() >= 500 ? systemError(failure, request) : refusal(failure, request);
    }

    /**
     * Whether the connection of the client broke: it did if its request has not arrived completely, or the answer can't be sent any more.
     * The same exceptions report lost connections to PostgreSQL.
     */
    private static boolean isClientGone(AppException failure, RoutingContext routing) {
        return Failures.isConnectionLost(failure.getCause())
                && (routing.response().closed() || !routing.request().isEnded());
    }

    /** Request → validate → emitEvent('error.validation') → logError → formatResponse. */
    private Problem refusal(AppException failure, FailedRequest request) {
        if (isValidationFailure(failure)) {
            emitEvent(failure, request);
        }
        logError(failure, request);
        return formatResponse(failure, request);
    }

    /** Operation → handleError → emitEvent('error.system') → logError → alertAdmin. */
    private Problem systemError(AppException failure, FailedRequest request) {
        handleError(failure.code(), request.method() + " " + request.path(), failure, request.context());
        return formatResponse(failure, request);
    }

    /**
     * Request to another system → processRequest → emitEvent('error.integration') → retryQueue → notifyAdmin; for the work of a job.
     *
     * @param target the system, such as {@code pms}
     * @param operation what is requested from it, or its subject
     * @param retryQueue maps a failure to the one for the queue, which says whether and when the job is retried
     */
    public <T> Uni<T> integration(
            String target,
            String operation,
            RequestContext context,
            Supplier<Uni<T>> processRequest,
            UnaryOperator<Throwable> retryQueue) {
        return Uni.createFrom()
                .deferred(() -> processRequest.get())
                .onFailure()
                .invoke(failure -> emitEvent(integrationError(target, operation, failure), context))
                .onFailure()
                .transform(retryQueue)
                .onFailure()
                .invoke(failure -> notifyAdmin(integrationError(target, operation, failure), context));
    }

    private static IntegrationError integrationError(String target, String operation, Throwable failure) {
        var detail = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return new IntegrationError(target, operation, null, null, null, detail);
    }

    /** Every failure counts for the admins; what repeats is announced and logged once a second. */
    void handleError(String code, String operation, Throwable failure, RequestContext context) {
        var cause = failure instanceof AppException && failure.getCause() != null ? failure.getCause() : failure;
        if (code.equals(UNEXPECTED) || announcements.admits(code)) {
            emitEvent(new SystemError(code, operation, cause.getClass().getName()), context);
            logError(code, operation, cause, context);
        }
        alertAdmin(code, operation, cause, context);
    }

    private void alertAdmin(String code, String operation, Throwable cause, RequestContext context) {
        alerts.raise(Alert.critical(
                "system:" + code,
                "System error: " + code,
                operation + ", caused by " + cause.getClass().getName(),
                code,
                context));
    }

    private void notifyAdmin(IntegrationError error, RequestContext context) {
        LOG.warnf(
                context,
                "%s, %s: %s, traceId=%s",
                error.target(),
                error.operation(),
                error.detail(),
                context.traceId());
        alerts.raise(Alert.warning(
                "integration:" + error.target(),
                "Integration fails: " + error.target(),
                error.operation() + ": " + error.detail(),
                error.target(),
                context));
    }

    private void emitEvent(SystemError error, RequestContext context) {
        events.emit(EventType.ERROR_SYSTEM, error.code(), error, context);
    }

    private void emitEvent(IntegrationError error, RequestContext context) {
        events.emit(EventType.ERROR_INTEGRATION, error.target(), error, context);
    }

    private static void logError(String code, String operation, Throwable cause, RequestContext context) {
        LOG.errorf(
                context,
                code.equals(UNEXPECTED) ? cause : null,
                "%s failed with %s, caused by %s, traceId=%s",
                operation,
                code,
                cause,
                context.traceId());
    }

    private void emitEvent(AppException failure, FailedRequest request) {
        events.emit(
                EventType.ERROR_VALIDATION,
                failure.code(),
                new ValidationError(
                        failure.status(), failure.code(), request.method(), request.path(), failure.violations()),
                request.context());
    }

    private void logError(AppException failure, FailedRequest request) {
        LOG.debugf(
                request.context(),
                "%s %s rejected with %d %s, traceId=%s",
                request.method(),
                request.path(),
                failure.status(),
                failure.code(),
                request.context().traceId());
    }

    private Problem formatResponse(AppException failure, FailedRequest request) {
        return Problem.of(failure, request.context().traceId());
    }

    private static boolean isValidationFailure(AppException failure) {
        return switch (failure.status()) {
            case 400, 413, 415, 422 -> true;
            default -> false;
        };
    }
}

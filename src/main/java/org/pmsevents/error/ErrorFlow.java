package org.pmsevents.error;

import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventEmitter;
import org.pmsevents.event.EventType;
import org.pmsevents.event.Origin;
import org.pmsevents.event.Throttle;

/**
 * What happens when a request fails, wherever it fails: it is announced, logged without anything secret, and answered. Failures of
 * the service itself also alert the admins; one kind that repeats (as when the database is away) is announced once a second.
 */
@Singleton
@Unremovable
public class ErrorFlow {
    private static final Logger LOG = Logger.getLogger(ErrorFlow.class);
    private static final Duration REPEAT = Duration.ofSeconds(1);

    /** Payload of {@code error.validation}. */
    @RegisterForReflection
    public record ValidationError(int status, String code, String method, String path, List<Violation> violations) {}

    /** Payload of {@code error.system}; {@code cause} is the class of the failure, never its message. */
    @RegisterForReflection
    public record SystemError(String code, String operation, String cause) {}

    private final EventEmitter events;
    private final Throttle announcements;

    public ErrorFlow(EventEmitter events, Clock clock) {
        this.events = events;
        this.announcements = new Throttle(clock, REPEAT);
    }

    /** Whatever failed: the answer for it. */
    Problem answer(AppException failure, RoutingContext routing) {
        var request = FailedRequest.of(routing);
        return failure.status() >= 500 ? systemError(failure, request) : refusal(failure, request);
    }

    /** Request → validate → emitEvent('error.validation') → logError → formatResponse. */
    private Problem refusal(AppException failure, FailedRequest request) {
        if (isAboutTheContent(failure)) {
            emitEvent(failure, request);
        }
        logError(failure, request);
        return formatResponse(failure, request);
    }

    /** Operation → handleError → emitEvent('error.system') → logError → alertAdmin. */
    private Problem systemError(AppException failure, FailedRequest request) {
        handleError(failure.code(), request.method() + " " + request.path(), failure, request.origin());
        return formatResponse(failure, request);
    }

    /**
     * A failure of the service outside of any request: announced, logged and told to the admins.
     *
     * @param operation what was being done, such as {@code stock check}
     */
    public void handleError(String operation, Throwable failure, Origin origin) {
        handleError("internal-error", operation, failure, origin);
    }

    private void handleError(String code, String operation, Throwable failure, Origin origin) {
        var cause = failure instanceof AppException && failure.getCause() != null ? failure.getCause() : failure;
        boolean unexpected = code.equals("internal-error");
        if (!unexpected && !announcements.admits(code)) {
            return;
        }
        events.emit(
                EventType.ERROR_SYSTEM,
                code,
                new SystemError(code, operation, cause.getClass().getName()),
                origin);
        LOG.errorf(
                unexpected ? cause : null,
                "%s failed with %s, caused by %s, traceId=%s",
                operation,
                code,
                cause,
                origin.traceId());
        alertAdmin(code, operation, origin);
    }

    private void alertAdmin(String code, String operation, Origin origin) {
        LOG.warnf("ALERT %s: %s, traceId=%s", code, operation, origin.traceId());
    }

    private void emitEvent(AppException failure, FailedRequest request) {
        events.emit(
                EventType.ERROR_VALIDATION,
                failure.code(),
                new ValidationError(
                        failure.status(), failure.code(), request.method(), request.path(), failure.violations()),
                request.origin());
    }

    private void logError(AppException failure, FailedRequest request) {
        LOG.debugf(
                "%s %s refused with %d %s, traceId=%s",
                request.method(),
                request.path(),
                failure.status(),
                failure.code(),
                request.origin().traceId());
    }

    private Problem formatResponse(AppException failure, FailedRequest request) {
        return Problem.of(failure, request.origin().traceId());
    }

    private static boolean isAboutTheContent(AppException failure) {
        return switch (failure.status()) {
            case 400, 413, 415, 422 -> true;
            default -> false;
        };
    }
}

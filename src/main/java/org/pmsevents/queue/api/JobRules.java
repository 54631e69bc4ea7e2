package org.pmsevents.queue.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobKinds;
import org.pmsevents.queue.NewJob;

/** Validates requests for jobs; reports all violations at once. */
final class JobRules {
    private static final int MOST_PRIORITY = 100;
    private static final int MOST_ATTEMPTS = 1_000;
    private static final int KEY_LENGTH = 255;
    private static final int KIND_LENGTH = 64;

    private JobRules() {}

    /**
     * Reads a request for a new job.
     *
     * @throws AppException 400 with all violations; 403 {@code job-kind-not-callable}
     */
    static NewJob<?> job(ParsedBody body, JobKinds kinds, RequestContext context) {
        var fields = body.fields().only("kind", "payload", "priority", "runAt", "uniqueKey", "maxAttempts");
        var name = fields.requiredText("kind", KIND_LENGTH);
        var kind = kinds.named(name).orElse(null);
        if (kind == null) {
            if (!name.isEmpty()) {
                fields.violation("kind", "unknown", "There is no kind of job with this name.");
            }
        } else if (!kind.callable()) {
            throw AppException.forbidden(
                    "job-kind-not-callable", "Jobs of the kind " + name + " are created by the service only.");
        }
        var payload = fields.requiredObject("payload");
        var priority = fields.optionalInteger("priority", -MOST_PRIORITY, MOST_PRIORITY);
        var maxAttempts = fields.optionalInteger("maxAttempts", 1, MOST_ATTEMPTS);
        var job = kind == null
                ? null
                : job(
                        kind,
                        payload,
                        priority == null ? 0 : priority.intValue(),
                        fields.optionalInstant("runAt"),
                        fields.optionalText(
                                "uniqueKey", KEY_LENGTH, key -> !key.isBlank(), "blank", "Must not be blank."),
                        maxAttempts == null ? null : maxAttempts.intValue(),
                        context);
        body.violations().throwIfAny();
        if (job == null) {
            throw new IllegalStateException("an unknown kind is a violation");
        }
        return job;
    }

    private static <P> NewJob<P> job(
            JobKind<P> kind,
            Fields payload,
            int priority,
            @Nullable Instant runAt,
            @Nullable String uniqueKey,
            @Nullable Integer maxAttempts,
            RequestContext context) {
        return new NewJob<>(kind, kind.read(payload), priority, runAt, uniqueKey, maxAttempts, context);
    }
}

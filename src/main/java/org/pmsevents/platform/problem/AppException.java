package org.pmsevents.platform.problem;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A failure that the client may see in full: it has all members of the problem document (RFC 9457). The code that throws it decides
 * status and code; {@code ProblemMappers} only adds the trace id. It has no stack trace, because it is an answer and not a defect.
 */
public final class AppException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final String detail;
    private final transient List<Violation> violations;
    private final transient Map<String, Object> members;
    private final Map<String, String> headers;
    private final @Nullable String traceId;

    private AppException(
            int status,
            String code,
            String detail,
            List<Violation> violations,
            Map<String, Object> members,
            Map<String, String> headers,
            @Nullable String traceId,
            @Nullable Throwable cause) {
        super(code + ": " + detail, cause, false, false);
        this.status = status;
        this.code = code;
        this.detail = detail;
        this.violations = violations;
        this.members = members;
        this.headers = headers;
        this.traceId = traceId;
    }

    /** Any status and code. Prefer the factories below. */
    public static AppException of(int status, String code, String detail) {
        return new AppException(status, code, detail, List.of(), Map.of(), Map.of(), null, null);
    }

    /** 400 {@code validation-failed} with all violations. */
    public static AppException validationFailed(Violations violations) {
        int count = violations.list().size() + violations.omitted();
        var failure = validationFailed(
                violations.list(),
                count == 1 ? violations.list().get(0).detail() : "The request has " + count + " violations.");
        return violations.omitted() == 0 ? failure : failure.with("violationsOmitted", violations.omitted());
    }

    /** 400 {@code validation-failed} with one violation, such as of a query parameter. */
    public static AppException validationFailed(String pointer, String code, String detail) {
        return validationFailed(List.of(new Violation(pointer, code, detail)), detail);
    }

    private static AppException validationFailed(List<Violation> violations, String detail) {
        return new AppException(400, "validation-failed", detail, violations, Map.of(), Map.of(), null, null);
    }

    /** 400 {@code malformed-json}. */
    public static AppException malformedJson(String detail) {
        return of(400, "malformed-json", detail);
    }

    /** 400 {@code body-required}. */
    public static AppException bodyRequired() {
        return of(400, "body-required", "This request needs a JSON body.");
    }

    /** 403 with the given code. */
    public static AppException forbidden(String code, String detail) {
        return of(403, code, detail);
    }

    /** 404, such as {@code product-not-found}. */
    public static AppException notFound(String code, String detail) {
        return of(404, code, detail);
    }

    /** 409, such as {@code product-exists}. */
    public static AppException conflict(String code, String detail) {
        return of(409, code, detail);
    }

    /** 410, such as {@code position-expired}. Use {@link #with} to say what is still available. */
    public static AppException gone(String code, String detail) {
        return of(410, code, detail);
    }

    /** 412 {@code version-mismatch} with the present version. */
    public static AppException versionMismatch(long version) {
        return of(412, "version-mismatch", "The present version is " + version + ".")
                .with("version", version)
                .header("ETag", "\"" + version + "\"");
    }

    /** 415 {@code unsupported-media-type}. */
    public static AppException unsupportedMediaType(String detail) {
        return of(415, "unsupported-media-type", detail);
    }

    /** 422, such as {@code idempotency-key-reused}. */
    public static AppException unprocessable(String code, String detail) {
        return of(422, code, detail);
    }

    /** 429 with the given code and {@code Retry-After}. */
    public static AppException tooMany(String code, String detail, int retryAfterSeconds) {
        return of(429, code, detail).retryAfter(retryAfterSeconds);
    }

    /** 503 with the given code and {@code Retry-After}: nothing was changed. */
    public static AppException unavailable(String code, String detail, int retryAfterSeconds) {
        return of(503, code, detail).retryAfter(retryAfterSeconds);
    }

    /** 503 {@code restarting}: this replica is shutting down and accepts nothing that lasts longer than its remaining time. */
    public static AppException restarting() {
        return unavailable("restarting", "This replica is shutting down. Connect again to reach another one.", 1);
    }

    /** 503 {@code database-unavailable}: PostgreSQL can't be reached; nothing was changed as far as is known. */
    public static AppException databaseUnavailable() {
        return unavailable("database-unavailable", "The database is unavailable at the moment.", 1);
    }

    /** 503 {@code outcome-unknown}: the commit was not confirmed; the change was made or not. */
    public static AppException outcomeUnknown() {
        return unavailable(
                "outcome-unknown",
                "The database has not confirmed the commit: the change was made or not. "
                        + "Send the request again with the same Idempotency-Key.",
                1);
    }

    /** Returns a copy with a further member in the problem document, written as JSON. */
    public AppException with(String member, Object value) {
        return new AppException(
                status, code, detail, violations, plus(members, member, value), headers, traceId, getCause());
    }

    /** Returns a copy with a further header. */
    public AppException header(String name, String value) {
        return new AppException(
                status, code, detail, violations, members, plus(headers, name, value), traceId, getCause());
    }

    /** Returns a copy with a cause, for the log only. */
    public AppException because(Throwable cause) {
        return new AppException(status, code, detail, violations, members, headers, traceId, cause);
    }

    /** Returns a copy with the trace id of an earlier request, whose stored answer it is. */
    public AppException tracedAs(String earlier) {
        return new AppException(status, code, detail, violations, members, headers, earlier, getCause());
    }

    private AppException retryAfter(int seconds) {
        return header("Retry-After", Integer.toString(seconds));
    }

    private static <T> Map<String, T> plus(Map<String, T> map, String key, T value) {
        var more = new LinkedHashMap<>(map);
        more.put(key, value);
        return Collections.unmodifiableMap(more);
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }

    public String detail() {
        return detail;
    }

    public List<Violation> violations() {
        return violations;
    }

    public Map<String, Object> members() {
        return members;
    }

    /** The trace id of the request that was answered first; null for the present one. */
    public @Nullable String traceId() {
        return traceId;
    }

    public Map<String, String> headers() {
        return headers;
    }
}

package org.pmsevents.http.problem;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violation;

/**
 * A problem document (RFC 9457): the one format of error answers.
 *
 * @param type identifies the kind of problem; the same for every occurrence of a code
 * @param title the kind of problem for people
 * @param detail this occurrence for people
 * @param code stable; clients should decide by it
 * @param traceId W3C trace id of the request, also in the log and in every event of the request
 * @param members further members, such as {@code onHand}
 */
@RegisterForReflection(targets = {Problem.class, Violation.class})
@JsonPropertyOrder({"type", "title", "status", "detail", "code", "traceId", "violations"})
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String code,
        String traceId,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Violation> violations,
        @JsonAnyGetter Map<String, Object> members) {
    /** The media type of RFC 9457. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** @param traceId of the present request; a stored refusal keeps the trace id of the first */
    static Problem of(AppException failure, String traceId) {
        var first = failure.traceId();
        return new Problem(
                "urn:pms-events:problem:" + failure.code(),
                title(failure.code()),
                failure.status(),
                failure.detail(),
                failure.code(),
                first == null ? traceId : first,
                failure.violations(),
                failure.members());
    }

    /** {@code product-not-found} becomes "Product not found". */
    private static String title(String code) {
        return code.substring(0, 1).toUpperCase(Locale.ROOT) + code.substring(1).replace('-', ' ');
    }
}

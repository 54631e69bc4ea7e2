package org.pmsevents.product.batch;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violation;

/**
 * The answer to one of several lines.
 *
 * @param index place of the line in the request, from 0
 * @param sku as far as the line has one that is a text
 * @param status HTTP status that the line would have had as a request of its own
 * @param outcome what became of the product; null if the line was refused
 * @param code why the line was refused; null if it was accepted
 * @param violations pointers are into the line
 * @param violationsOmitted how many further violations there are; null for none
 */
@RegisterForReflection(targets = {LineResult.class, Violation.class})
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LineResult(
        int index,
        @Nullable String sku,
        int status,
        @Nullable String outcome,
        @Nullable String code,
        @Nullable String detail,
        @Nullable List<Violation> violations,
        @Nullable Integer violationsOmitted) {

    private static final String OMITTED = "violationsOmitted";

    static LineResult accepted(int index, String sku, int status, LineOutcome outcome) {
        return new LineResult(index, sku, status, outcome.wireName(), null, null, null, null);
    }

    static LineResult refused(int index, @Nullable String sku, AppException refusal) {
        return refused(index, sku, refusal, Integer.MAX_VALUE);
    }

    /** @param most how many violations are told */
    static LineResult refused(int index, @Nullable String sku, AppException refusal, int most) {
        var all = refusal.violations();
        var violations = all.subList(0, Math.min(all.size(), most));
        int omitted =
                all.size() - violations.size() + (refusal.members().get(OMITTED) instanceof Integer more ? more : 0);
        return new LineResult(
                index,
                sku,
                refusal.status(),
                null,
                refusal.code(),
                refusal.detail(),
                violations.isEmpty() ? null : violations,
                omitted == 0 ? null : omitted);
    }

    @JsonIgnore
    public boolean isAccepted() {
        return code == null;
    }

    /** The same line at another place. */
    LineResult at(int place) {
        return new LineResult(place, sku, status, outcome, code, detail, violations, violationsOmitted);
    }

    int violationCount() {
        return violations == null ? 0 : violations.size();
    }

    /** The result of this line if no line of the request is applied. */
    LineResult notApplied() {
        return isAccepted()
                ? new LineResult(
                        index,
                        sku,
                        424,
                        null,
                        "not-applied",
                        "This line was not applied because another line was refused.",
                        null,
                        null)
                : this;
    }
}

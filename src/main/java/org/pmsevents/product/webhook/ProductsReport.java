package org.pmsevents.product.webhook;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pmsevents.product.batch.LineOutcome;
import org.pmsevents.product.batch.LineResult;

/**
 * The answer to a webhook of products. All numbers count lines, each of them once.
 *
 * @param published lines that published a product, whether they also created or changed it
 * @param archived lines that archived a product, whether they also created or changed it
 * @param stale lines that are not newer than what was applied last
 * @param rejected lines that can't be read or applied
 */
@RegisterForReflection
record ProductsReport(
        int created, int updated, int unchanged, int published, int archived, int stale, List<Rejected> rejected) {
    private static final int MAX_POINTER_LENGTH = 200;

    /**
     * A line that was rejected, and what is wrong with it first.
     *
     * @param sku null if the line has none that can be read
     * @param pointer JSON pointer into the body; null if the line could be read
     */
    @RegisterForReflection
    record Rejected(
            int index,
            @Nullable String sku,
            String code,
            String detail,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String pointer) {}

    static ProductsReport of(List<LineResult> results) {
        return new ProductsReport(
                count(results, LineOutcome.CREATED),
                count(results, LineOutcome.UPDATED),
                count(results, LineOutcome.UNCHANGED),
                count(results, LineOutcome.PUBLISHED),
                count(results, LineOutcome.ARCHIVED),
                count(results, LineOutcome.STALE),
                results.stream()
                        .filter(result -> !result.isAccepted())
                        .map(ProductsReport::rejected)
                        .toList());
    }

    private static int count(List<LineResult> results, LineOutcome outcome) {
        return (int) results.stream()
                .filter(result -> outcome.wireName().equals(result.outcome()))
                .count();
    }

    private static Rejected rejected(LineResult result) {
        var violations = result.violations();
        if (violations == null || violations.isEmpty()) {
            return new Rejected(
                    result.index(),
                    result.sku(),
                    Objects.requireNonNull(result.code()),
                    Objects.requireNonNull(result.detail()),
                    null);
        }
        var first = violations.get(0);
        var line = "/lines/" + result.index();
        var pointer = line + first.pointer();
        return new Rejected(
                result.index(),
                result.sku(),
                first.code(),
                first.detail(),
                pointer.length() > MAX_POINTER_LENGTH ? line : pointer);
    }
}

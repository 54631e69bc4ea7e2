package org.pmsevents.product.batch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.ItemViolations;
import org.pmsevents.platform.problem.Violations;

/** Reads bodies of many products. A line that can't be read is refused with its own violations. */
public final class BatchRules {
    private static final String LINES = "lines";

    private BatchRules() {}

    /**
     * Reads the lines of a body.
     *
     * @throws AppException 400 if the body is no JSON, or has no list of 1 to {@value ProductBatch#MAX_LINES} lines
     */
    public static List<ParsedBody> lines(byte @Nullable [] body) {
        var violations = new ItemViolations(LINES, ProductBatch.MAX_LINES);
        var parsed = StrictJson.read(body, violations);
        parsed.fields().only(LINES).requiredObjects(LINES, ProductBatch.MAX_LINES);
        violations.throwIfAny();
        var lines = new ArrayList<ParsedBody>();
        for (var line : parsed.tree().get(LINES)) {
            // what is no object is said by whoever reads its members
            lines.add(new ParsedBody(line, line.isObject() ? violations.within(lines.size()) : new Violations()));
        }
        return lines;
    }

    /** Reads the query parameter {@code mode}; {@code upsert} if it is absent. */
    static BatchMode mode(@Nullable String mode) {
        return mode == null
                ? BatchMode.UPSERT
                : BatchMode.named(mode)
                        .orElseThrow(() -> AppException.validationFailed(
                                "?mode", "unknown-value", "mode must be upsert, create or update."));
    }
}

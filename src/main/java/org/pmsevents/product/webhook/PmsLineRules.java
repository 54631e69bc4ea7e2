package org.pmsevents.product.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.product.ProductStatus;
import org.pmsevents.product.batch.BatchRules;

/** Validates webhooks of products. */
final class PmsLineRules {
    private static final String VERSION = "pmsVersion";
    private static final String STATUS = "status";

    private PmsLineRules() {}

    /**
     * Reads the lines of a webhook. A line that can't be read has its violations, and does not reject the others.
     *
     * @throws AppException 400 if the body is no JSON, or has no list of 1 to 1,000 lines
     */
    static List<PmsLine> lines(byte @Nullable [] body) {
        return BatchRules.lines(body).stream().map(PmsLineRules::line).toList();
    }

    private static PmsLine line(ParsedBody line) {
        if (!(line.tree() instanceof ObjectNode object)) {
            return new PmsLine(line, null, null);
        }
        var fields = line.fields().only("sku", "name", "description", "price", "tags", "attributes", STATUS, VERSION);
        var version = version(fields, object.path(VERSION));
        var status = ProductStatus.named(object.path(STATUS).asText()).orElse(null);
        var product = JsonNodeFactory.withExactBigDecimals(true).objectNode();
        product.setAll(object);
        product.remove(VERSION);
        return new PmsLine(new ParsedBody(product, line.violations()), status, version);
    }

    /** A time counts in nanoseconds since 1970. */
    private static @Nullable BigDecimal version(Fields fields, JsonNode version) {
        if (version.isTextual()) {
            var time = fields.optionalInstant(VERSION);
            return time == null ? null : nanos(time);
        }
        if (version.isMissingNode() || version.isNull()) {
            fields.violation(VERSION, "required", "Must be given.");
            return null;
        }
        if (!version.isNumber()) {
            fields.violation(VERSION, "type", "Must be an integer, or a time such as 2026-11-23T10:00:00Z.");
            return null;
        }
        return BigDecimal.valueOf(fields.requiredInteger(VERSION, Long.MIN_VALUE, Long.MAX_VALUE));
    }

    private static BigDecimal nanos(Instant time) {
        return BigDecimal.valueOf(time.getEpochSecond()).movePointRight(9).add(BigDecimal.valueOf(time.getNano()));
    }
}

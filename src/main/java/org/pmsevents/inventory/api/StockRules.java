package org.pmsevents.inventory.api;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.adjust.StockLine;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;

/** Validates requests that change stock; reports all violations of a request at once. */
final class StockRules {
    private static final long MAX_AMOUNT = Integer.MAX_VALUE;
    private static final int MAX_LINES = 1_000;
    private static final int REASON_LENGTH = 64;
    private static final int REFERENCE_LENGTH = 255;
    /** By so much the clock of a till may be ahead: its {@code occurredAt} counts as now then. */
    private static final Duration AHEAD = Duration.ofMinutes(1);

    /** The ledger is kept for good; a time before this is that of a clock that was never set. */
    private static final Instant EARLIEST = Instant.parse("2000-01-02T00:00:00Z");

    private static final Pattern REASON = Pattern.compile("[a-z][a-z0-9-]{0,63}");

    private StockRules() {}

    /**
     * A threshold to set.
     *
     * @param threshold null for none
     */
    record Threshold(String location, @Nullable Long threshold) {}

    static StockLine adjustment(String sku, ParsedBody body, Clock clock) {
        var fields = body.fields().only("delta", "reason", "reference", "location", "expectedOnHand", "occurredAt");
        var line = adjustment(sku, fields, clock);
        body.violations().throwIfAny();
        return line;
    }

    static List<StockLine> adjustments(ParsedBody body, Clock clock) {
        var lines = new ArrayList<StockLine>();
        for (var fields : body.fields().only("lines").requiredObjects("lines", MAX_LINES)) {
            fields.only("sku", "delta", "reason", "reference", "location", "expectedOnHand", "occurredAt");
            lines.add(adjustment(fields.requiredText("sku", PathName.MAX_LENGTH), fields, clock));
        }
        body.violations().throwIfAny();
        return lines;
    }

    static StockLine count(String sku, ParsedBody body, Clock clock) {
        var fields = body.fields().only("onHand", "reason", "reference", "location");
        var line = StockLine.count(
                new StockKey(sku, location(fields)),
                fields.requiredInteger("onHand", -MAX_AMOUNT, MAX_AMOUNT),
                reason(fields),
                fields.optionalText("reference", REFERENCE_LENGTH),
                clock);
        body.violations().throwIfAny();
        return line;
    }

    static Threshold threshold(ParsedBody body) {
        var fields = body.fields().only("threshold", "location");
        if (!fields.has("threshold")) {
            fields.violation("threshold", "required", "Must be given; null for no threshold.");
        }
        var threshold = new Threshold(location(fields), fields.optionalInteger("threshold", 0, MAX_AMOUNT));
        body.violations().throwIfAny();
        return threshold;
    }

    static boolean backorders(ParsedBody body) {
        boolean backorders = body.fields().only("backorders").requiredBoolean("backorders");
        body.violations().throwIfAny();
        return backorders;
    }

    private static StockLine adjustment(String sku, Fields fields, Clock clock) {
        long delta = fields.requiredInteger("delta", -MAX_AMOUNT, MAX_AMOUNT);
        if (delta == 0
                && fields.tree().path("delta").isNumber()
                && fields.tree().path("delta").decimalValue().signum() == 0) {
            fields.violation("delta", "zero", "Must not be 0.");
        }
        var line = StockLine.adjustment(
                new StockKey(sku, location(fields)),
                delta,
                fields.optionalInteger("expectedOnHand", -MAX_AMOUNT, MAX_AMOUNT),
                reason(fields),
                fields.optionalText("reference", REFERENCE_LENGTH),
                clock);
        var occurredAt = occurredAt(fields, clock);
        return occurredAt == null ? line : line.occurred(occurredAt, clock);
    }

    private static @Nullable Instant occurredAt(Fields fields, Clock clock) {
        var at = fields.optionalInstant("occurredAt");
        if (at != null && at.isAfter(clock.instant().plus(AHEAD))) {
            fields.violation(
                    "occurredAt",
                    "future",
                    "Is more than " + AHEAD.toSeconds()
                            + " s ahead of the service's clock. Set the clock of the sender.");
        } else if (at != null && at.isBefore(EARLIEST)) {
            fields.violation(
                    "occurredAt",
                    "too-early",
                    "Is before " + EARLIEST + ". Set the clock of the sender, or leave it out.");
        }
        return at;
    }

    private static String reason(Fields fields) {
        return fields.requiredText(
                "reason",
                REASON_LENGTH,
                reason -> REASON.matcher(reason).matches(),
                "pattern",
                "Must be a lower-case word such as sale: letters, digits and hyphens, a letter first.");
    }

    private static String location(Fields fields) {
        var location = fields.optionalName("location");
        return location == null ? StockKey.MAIN : location;
    }
}

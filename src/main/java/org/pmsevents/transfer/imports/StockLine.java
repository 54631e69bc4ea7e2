package org.pmsevents.transfer.imports;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violations;
import org.pmsevents.transfer.file.Fault;
import org.pmsevents.transfer.file.Line;

/**
 * A count or a threshold of a line.
 *
 * @param value null to remove a threshold
 * @param at when it was counted; null if the line does not say
 * @param fault why it can't be applied; null if it can
 */
record StockLine(
        StockKey stock,
        @Nullable Long value,
        @Nullable Instant at,
        @Nullable Fault fault) {
    private static final long MAX_AMOUNT = Integer.MAX_VALUE;
    private static final Duration AHEAD = Duration.ofMinutes(5);

    /** The stock that a line is about, as text; empty if it does not say, or says what can't be. No name has the slash. */
    static String subject(Line line) {
        var tree = line.tree();
        var sku = tree == null ? "" : tree.path("sku").asText();
        var location = tree == null ? "" : tree.path("location").asText();
        return sku.isEmpty() || isTooLong(sku) || isTooLong(location)
                ? ""
                : sku + "/" + (location.isEmpty() || location.equals("null") ? StockKey.MAIN : location);
    }

    /** Whether nothing can have this name: such a line is refused, and no other is about the same. */
    static boolean isTooLong(String name) {
        return name.codePointCount(0, name.length()) > PathName.MAX_LENGTH;
    }

    static StockLine count(Line line, AllowedLocations allowed, Clock clock) {
        var violations = new Violations();
        var fields = fields(line, violations)
                .only("sku", "location", "onHand", "countedAt", "threshold", "version", "updatedAt");
        var stock = stock(fields);
        var onHand = fields.requiredInteger("onHand", -MAX_AMOUNT, MAX_AMOUNT);
        var at = fields.optionalInstant("countedAt");
        var fault = fault(line, violations, stock, allowed);
        if (fault == null && at != null && at.isAfter(clock.instant().plus(AHEAD))) {
            fault = line.fault("/countedAt", "counted-ahead", "countedAt is more than 5 minutes ahead.");
        }
        return new StockLine(stock, onHand, at == null ? null : at.truncatedTo(ChronoUnit.MICROS), fault);
    }

    static StockLine threshold(Line line, AllowedLocations allowed) {
        var violations = new Violations();
        var fields = fields(line, violations)
                .only("sku", "location", "threshold", "onHand", "countedAt", "version", "updatedAt");
        var stock = stock(fields);
        if (!fields.has("threshold")) {
            fields.violation("threshold", "required", "Must be given; null for no threshold.");
        }
        var threshold = fields.optionalInteger("threshold", 0, MAX_AMOUNT);
        return new StockLine(stock, threshold, null, fault(line, violations, stock, allowed));
    }

    private static Fields fields(Line line, Violations violations) {
        var tree = line.tree();
        if (tree == null) {
            throw new IllegalArgumentException("a line that can't be read is not applied");
        }
        return new Fields(tree, "", violations);
    }

    private static StockKey stock(Fields fields) {
        var sku = fields.requiredText("sku", PathName.MAX_LENGTH);
        var location = fields.optionalName("location");
        return new StockKey(sku, location == null ? StockKey.MAIN : location);
    }

    private static @Nullable Fault fault(Line line, Violations violations, StockKey stock, AllowedLocations allowed) {
        for (var violation : violations.list()) {
            return line.fault(violation.pointer(), violation.code(), violation.detail());
        }
        try {
            allowed.require(stock.location());
            return null;
        } catch (AppException e) {
            return line.fault("/location", e.code(), e.detail());
        }
    }
}

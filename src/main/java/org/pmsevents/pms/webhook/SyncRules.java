package org.pmsevents.pms.webhook;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.ItemViolations;
import org.pmsevents.platform.problem.Violation;

/** Validates the bodies of webhooks and resolutions. */
final class SyncRules {
    /** How far the clock of the PMS may be ahead of the clock of this service. */
    static final Duration AHEAD = Duration.ofMinutes(5);

    private static final long MAX_AMOUNT = Integer.MAX_VALUE;
    private static final int MAX_LINES = 10_000;
    private static final int MAX_POINTER_LENGTH = 200;
    private static final String LINES = "lines";

    private SyncRules() {}

    /**
     * The lines of a webhook. A line that can't be read rejects itself only.
     *
     * @param readable in their order
     * @param unreadable in their order
     */
    record Lines(List<CountLine> readable, List<SyncReport.Rejected> unreadable) {}

    /**
     * Reads the lines of a webhook.
     *
     * @param now when the webhook was received; the time of counts without {@code countedAt}
     * @throws AppException 400 if the body is no JSON, or has no list of 1 to 10,000 lines
     */
    static Lines lines(byte @Nullable [] body, Instant now) {
        var violations = new ItemViolations(LINES, MAX_LINES);
        var readable = new ArrayList<CountLine>();
        var unreadable = new ArrayList<SyncReport.Rejected>();
        var given = StrictJson.read(body, violations).fields().only(LINES).requiredObjects(LINES, MAX_LINES);
        for (int i = 0; i < given.size(); i++) {
            int index = i;
            var fields = given.get(i);
            var line = line(index, fields.only("sku", "location", "onHand", "countedAt"), now);
            violations
                    .of(index)
                    .ifPresentOrElse(
                            violation -> unreadable.add(unreadable(index, fields, violation)),
                            () -> readable.add(line));
        }
        violations.throwIfAny();
        return new Lines(List.copyOf(readable), List.copyOf(unreadable));
    }

    private static CountLine line(int index, Fields fields, Instant now) {
        // any text: a SKU that no product can have is stored as unknown, for a person to resolve
        var sku = fields.requiredText("sku", PathName.MAX_LENGTH);
        var location = fields.optionalName("location");
        var countedAt = fields.optionalInstant("countedAt");
        return new CountLine(
                index,
                new StockKey(sku, location == null ? StockKey.MAIN : location),
                fields.requiredInteger("onHand", -MAX_AMOUNT, MAX_AMOUNT),
                (countedAt == null ? now : countedAt).truncatedTo(ChronoUnit.MICROS));
    }

    private static SyncReport.Rejected unreadable(int index, Fields fields, Violation violation) {
        var sku = fields.tree().path("sku").textValue();
        var pointer = violation.pointer().length() > MAX_POINTER_LENGTH
                ? "/" + LINES + "/" + index
                : storable(violation.pointer(), MAX_POINTER_LENGTH);
        return new SyncReport.Rejected(
                index,
                sku == null ? null : storable(sku, PathName.MAX_LENGTH),
                violation.code(),
                violation.detail(),
                pointer);
    }

    /** The text, of at most that many characters, without what PostgreSQL or UTF-8 can't hold. */
    private static String storable(String text, int length) {
        return text.codePoints()
                .limit(length)
                .map(c -> c == 0 || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Whether the time of the count is in the future by more than clocks may differ. */
    static boolean isTooFarAhead(CountLine line, Instant now) {
        return line.countedAt().isAfter(now.plus(AHEAD));
    }

    /** Reads the SKU to which a person resolves an unknown SKU. */
    static String resolution(ParsedBody body) {
        var sku = body.fields().only("sku").requiredName("sku");
        body.violations().throwIfAny();
        return sku;
    }
}

package org.pmsevents.pms.webhook;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;

/** Validates the bodies of webhooks and resolutions; reports all violations of a body at once. */
final class SyncRules {
    /** How far the clock of the PMS may be ahead of the clock of this service. */
    static final Duration AHEAD = Duration.ofMinutes(5);

    private static final long MAX_AMOUNT = Integer.MAX_VALUE;
    private static final int MAX_LINES = 10_000;

    private SyncRules() {}

    /** @param now when the webhook was received; the time of counts without {@code countedAt} */
    static List<CountLine> lines(ParsedBody body, Instant now) {
        var lines = new ArrayList<CountLine>();
        for (var fields : body.fields().only("lines").requiredObjects("lines", MAX_LINES)) {
            lines.add(line(lines.size(), fields.only("sku", "location", "onHand", "countedAt"), now));
        }
        body.violations().throwIfAny();
        return lines;
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

    /** Whether the time of the count is in the future by more than clocks may differ. */
    static boolean isTooFarAhead(CountLine line, Instant now) {
        return line.countedAt().isAfter(now.plus(AHEAD));
    }

    /** Reads the SKU to which a person resolves an unknown SKU. */
    static String resolution(ParsedBody body) {
        var sku = body.fields().only("sku").requiredText("sku", PathName.MAX_LENGTH);
        body.violations().throwIfAny();
        return sku;
    }
}

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

/** Says what a webhook of counts may look like; reports all that is wrong with its body at once. */
final class SyncRules {
    /** How far the PMS' clock may be ahead of ours. */
    static final Duration AHEAD = Duration.ofMinutes(5);

    private static final long MOST = Integer.MAX_VALUE;
    private static final int LINES = 10_000;

    private SyncRules() {}

    /** @param now when it came in: what a count without a time was true at */
    static List<CountLine> lines(ParsedBody body, Instant now) {
        var lines = new ArrayList<CountLine>();
        for (var fields : body.fields().only("lines").requiredObjects("lines", LINES)) {
            lines.add(line(lines.size(), fields.only("sku", "location", "onHand", "countedAt"), now));
        }
        body.violations().throwIfAny();
        return lines;
    }

    private static CountLine line(int index, Fields fields, Instant now) {
        // any text: a SKU that no product can have is kept with the unknown ones, for a person to see
        var sku = fields.requiredText("sku", PathName.MAX_LENGTH);
        var location =
                fields.optionalText("location", PathName.MAX_LENGTH, PathName::isValid, "pattern", PathName.RULE);
        var countedAt = fields.optionalInstant("countedAt");
        return new CountLine(
                index,
                new StockKey(sku, location == null ? StockKey.MAIN : location),
                fields.requiredInteger("onHand", -MOST, MOST),
                (countedAt == null ? now : countedAt).truncatedTo(ChronoUnit.MICROS));
    }

    /** Whether nobody can have counted that yet, even if the clocks differ. */
    static boolean isTooFarAhead(CountLine line, Instant now) {
        return line.countedAt().isAfter(now.plus(AHEAD));
    }

    /** The SKU that a person says an unknown one stands for. */
    static String resolution(ParsedBody body) {
        var sku = body.fields()
                .only("sku")
                .requiredText("sku", PathName.MAX_LENGTH, PathName::isValid, "pattern", PathName.RULE);
        body.violations().throwIfAny();
        return sku;
    }
}

package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.lowstock.Thresholds;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.transfer.file.Fault;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.Line;

/** Thresholds. Of several lines about one stock the last one wins. */
@ApplicationScoped
class ThresholdTarget implements Target {
    private final Thresholds thresholds;

    ThresholdTarget(Thresholds thresholds) {
        this.thresholds = thresholds;
    }

    @Override
    public ImportKind kind() {
        return ImportKind.THRESHOLDS;
    }

    @Override
    public String subject(Line line) {
        return StockLine.subject(line);
    }

    @Override
    public Uni<Void> prepare(Import about, List<Line> lines) {
        return about.dryRun()
                ? Uni.createFrom().voidItem()
                : thresholds.open(read(about, lines).stream()
                        .filter(line -> line.fault() == null)
                        .map(StockLine::stock)
                        .toList());
    }

    @Override
    public Uni<Applied> apply(
            Transactions.Limited transaction, Import about, List<Line> lines, Map<String, Integer> seen) {
        var read = read(about, lines);
        var last = new LinkedHashMap<StockKey, Integer>();
        for (int i = 0; i < read.size(); i++) {
            if (read.get(i).fault() == null) {
                last.put(read.get(i).stock(), i);
            }
        }
        var wanted = last.values().stream()
                .map(read::get)
                .map(line -> new Thresholds.Wanted(line.stock(), line.value()))
                .toList();
        return transaction
                .next(client -> thresholds.set(client, wanted, about.context()))
                .map(set -> applied(about, read, last, set));
    }

    private static List<StockLine> read(Import about, List<Line> lines) {
        var allowed = new AllowedLocations(about.locations());
        return lines.stream().map(line -> StockLine.threshold(line, allowed)).toList();
    }

    private Applied applied(
            Import about, List<StockLine> read, Map<StockKey, Integer> last, Thresholds.ThresholdsSet set) {
        var outcomes = new ArrayList<Outcome>();
        for (int i = 0; i < read.size(); i++) {
            var line = read.get(i);
            var changed = set.changed().get(line.stock());
            if (line.fault() != null) {
                outcomes.add(Outcome.refused(line.fault()));
            } else if (!Objects.equals(last.get(line.stock()), i)) {
                outcomes.add(Outcome.UNCHANGED);
            } else if (changed == null) {
                outcomes.add(missing(about, line));
            } else {
                outcomes.add(changed ? Outcome.UPDATED : Outcome.UNCHANGED);
            }
        }
        return new Applied(outcomes, () -> {
            thresholds.announce(set, about.context());
            return Uni.createFrom().voidItem();
        });
    }

    /** A dry run opens no stock at a location: whether the product exists is told by the import itself. */
    private static Outcome missing(Import about, StockLine line) {
        return about.dryRun() && !line.stock().location().equals(StockKey.MAIN)
                ? Outcome.UPDATED
                : Outcome.refused(new Fault(
                        null,
                        "unknown-sku",
                        "There is no product with the SKU " + line.stock().sku() + "."));
    }
}

package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.count.CountOutcome;
import org.pmsevents.inventory.count.StockCount;
import org.pmsevents.inventory.count.StockSync;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.transfer.file.Fault;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.Line;

/**
 * Counts: what was there at the time of the line, or else when the file began to arrive. Of several lines about one stock the newest
 * wins, and of those that name no time the last one: each counts a microsecond later than those before it.
 */
@ApplicationScoped
class CountTarget implements Target {
    private static final Outcome STALE = Outcome.refused(
            new Fault(null, "stale-count", "A count of the same time or a later one is known already."));

    private final StockSync stock;
    private final EventPublisher events;
    private final Clock clock;

    CountTarget(StockSync stock, EventPublisher events, Clock clock) {
        this.stock = stock;
        this.events = events;
        this.clock = clock;
    }

    @Override
    public ImportKind kind() {
        return ImportKind.COUNTS;
    }

    @Override
    public String subject(Line line) {
        return StockLine.subject(line);
    }

    @Override
    public Uni<Void> prepare(Import about, List<Line> lines) {
        return about.dryRun() ? Uni.createFrom().voidItem() : stock.open(stocks(read(about, lines)));
    }

    @Override
    public Uni<Applied> apply(
            Transactions.Limited transaction, Import about, List<Line> lines, Map<String, Integer> seen) {
        var read = read(about, lines);
        var times = times(about, lines, read, seen);
        var indexes = IntStream.range(0, read.size())
                .filter(index -> read.get(index).fault() == null)
                .boxed()
                .toList();
        return stock.lock(transaction, locked(about, new LinkedHashSet<>(stocks(read))))
                .chain(locked -> stock.sync(
                        transaction,
                        locked,
                        indexes.stream()
                                .map(index -> new StockCount(
                                        read.get(index).stock(),
                                        Objects.requireNonNull(read.get(index).value()),
                                        times.get(index)))
                                .toList(),
                        about.id().toString(),
                        about.context()))
                .map(synced -> applied(about, read, indexes, synced));
    }

    /** When each line was counted: the same wherever a chunk ends. */
    private static List<Instant> times(
            Import about, List<Line> lines, List<StockLine> read, Map<String, Integer> seen) {
        var begun = about.createdAt().truncatedTo(ChronoUnit.MICROS);
        var before = new HashMap<>(seen);
        var times = new ArrayList<Instant>();
        for (int i = 0; i < read.size(); i++) {
            int place = before.merge(StockLine.subject(lines.get(i)), 1, Integer::sum) - 1;
            var at = read.get(i).at();
            times.add(at == null ? begun.plus(place, ChronoUnit.MICROS) : at);
        }
        return times;
    }

    private List<StockLine> read(Import about, List<Line> lines) {
        var allowed = new AllowedLocations(about.locations());
        return lines.stream().map(line -> StockLine.count(line, allowed, clock)).toList();
    }

    private static List<StockKey> stocks(List<StockLine> lines) {
        return lines.stream()
                .filter(line -> line.fault() == null)
                .map(StockLine::stock)
                .toList();
    }

    /** A dry run opens no stock: where there is some at the main location the product exists, and it would be opened. */
    private static Collection<StockKey> locked(Import about, Set<StockKey> wanted) {
        if (!about.dryRun()) {
            return wanted;
        }
        var all = new LinkedHashSet<>(wanted);
        wanted.forEach(key -> all.add(new StockKey(key.sku(), StockKey.MAIN)));
        return all;
    }

    private Applied applied(Import about, List<StockLine> read, List<Integer> counted, StockSync.Synced synced) {
        // a count that a newer one of these lines supersedes is not refused
        var taken = new HashSet<StockKey>();
        var last = new HashMap<StockKey, Integer>();
        for (int i = 0; i < counted.size(); i++) {
            var stock = read.get(counted.get(i)).stock();
            last.put(stock, i);
            var kind = synced.outcomes().get(i).kind();
            if (kind == CountOutcome.Kind.APPLIED || kind == CountOutcome.Kind.UNCHANGED) {
                taken.add(stock);
            }
        }
        var outcomes = new ArrayList<Outcome>();
        for (var line : read) {
            outcomes.add(line.fault() == null ? Outcome.UNCHANGED : Outcome.refused(line.fault()));
        }
        for (int i = 0; i < counted.size(); i++) {
            var stock = read.get(counted.get(i)).stock();
            var outcome = synced.outcomes().get(i);
            boolean wouldBeOpened = about.dryRun()
                    && outcome.kind() == CountOutcome.Kind.REFUSED
                    && !synced.knows(stock)
                    && synced.knows(new StockKey(stock.sku(), StockKey.MAIN));
            if (wouldBeOpened) {
                outcomes.set(counted.get(i), Objects.equals(last.get(stock), i) ? Outcome.UPDATED : Outcome.UNCHANGED);
            } else if (outcome.kind() != CountOutcome.Kind.STALE || !taken.contains(stock)) {
                outcomes.set(counted.get(i), outcome(outcome));
            }
        }
        return new Applied(outcomes, () -> stock.writeLevels(synced).invoke(events::announceRecorded));
    }

    private static Outcome outcome(CountOutcome outcome) {
        return switch (outcome.kind()) {
            case APPLIED -> Outcome.UPDATED;
            case UNCHANGED -> Outcome.UNCHANGED;
            case STALE -> STALE;
            case REFUSED ->
                Outcome.refused(new Fault(
                        null, Objects.requireNonNull(outcome.code()), Objects.requireNonNull(outcome.detail())));
        };
    }
}

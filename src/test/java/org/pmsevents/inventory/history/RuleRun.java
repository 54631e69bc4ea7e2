package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.get;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.JudgedStock;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.inventory.adjust.Adjusting;
import org.pmsevents.inventory.adjust.StockLine;
import org.pmsevents.inventory.adjust.StockRequest;
import org.pmsevents.inventory.count.CountOutcome;
import org.pmsevents.inventory.count.Counting;
import org.pmsevents.inventory.count.StockCount;
import org.pmsevents.inventory.history.RuleLedger.Written;
import org.pmsevents.inventory.history.RuleStep.Adjust;
import org.pmsevents.inventory.history.RuleStep.Backorders;
import org.pmsevents.inventory.history.RuleStep.Check;
import org.pmsevents.inventory.history.RuleStep.Misjudge;
import org.pmsevents.inventory.history.RuleStep.Sync;
import org.pmsevents.inventory.history.RuleStep.Threshold;

/** Does each step to the database and to the model, and compares what is answered, what is there and what was written. */
final class RuleRun {
    private static final String BACKROOM = "backroom";

    private final StockDatabase database;
    private final RuleLedger ledger;
    private final StockTable table = new StockTable();
    private final Clock clock = Clock.systemUTC();
    private final Instant begin = now();
    private final RequestContext context = RequestContext.system();
    private final List<Place> places;
    private final Place unknown;
    private final Map<Place, StockModel> stock = new HashMap<>();
    private final Map<Place, Instant> countedAt = new HashMap<>();
    private int webhooks;

    RuleRun(StockDatabase database, String name) throws SQLException {
        this.database = database;
        this.places = List.of(Place.main(name), new Place(name, BACKROOM), Place.main(name + "-2"));
        this.unknown = Place.main(name + "-none");
        this.ledger = new RuleLedger(database.connection(), places);
        get(table.setLocation(database.pool(), Place.MAIN, false));
        get(table.setLocation(database.pool(), BACKROOM, true));
        for (var place : places) {
            ledger.create(place);
            stock.put(place, StockModel.empty(place.location().equals(BACKROOM)));
        }
    }

    void play(RuleStep step) throws SQLException {
        if (step instanceof Adjust adjust) {
            adjust(adjust);
        } else if (step instanceof Sync sync) {
            sync(sync);
        } else if (step instanceof Threshold threshold) {
            setThreshold(places.get(threshold.place()), threshold.threshold());
        } else if (step instanceof Backorders backorders) {
            setBackorders(places.get(backorders.place()).location(), backorders.taken());
        } else if (step instanceof Misjudge misjudge) {
            misjudge(places.get(misjudge.place()));
        } else if (step instanceof Check) {
            check();
        }
        assertThat(ledger.stock(stock)).isEqualTo(stock);
        assertThat(ledger.countedAt()).isEqualTo(countedAt);
    }

    private void adjust(Adjust adjust) throws SQLException {
        var seen = new HashMap<Place, Long>();
        stock.forEach((place, there) -> seen.put(place, there.onHand()));
        var requests = new ArrayList<StockRequest>();
        var changes = new ArrayList<List<Change>>();
        for (var lines : adjust.requests()) {
            var asked = lines.stream().map(line -> change(line, seen)).toList();
            changes.add(asked);
            var written = new ArrayList<StockLine>();
            for (int i = 0; i < lines.size(); i++) {
                written.add(line(asked.get(i), lines.get(i).reference()));
            }
            requests.add(new StockRequest(written, adjust.atomic(), null, context, now()));
        }

        var results = Adjusting.change(database.pool(), requests);

        var written = new ArrayList<Written>();
        for (int i = 0; i < requests.size(); i++) {
            var request = requests.get(i);
            var outcomes = results.get(i).outcomes();
            if (adjust.atomic() && !isAccepted(changes.get(i))) {
                var expected = operation(changes.get(i)).on(stock).answers();
                assertThat(outcomes.stream().map(RuleRun::answer)).isEqualTo(expected);
            } else {
                for (int n = 0; n < outcomes.size(); n++) {
                    adjust(changes.get(i).get(n), request.lines().get(n), request.at(), outcomes.get(n), written);
                }
            }
        }
        ledger.assertWritten(written, context);
    }

    private void adjust(Change change, StockLine line, Instant at, LineOutcome outcome, List<Written> written) {
        var before = stock.get(change.place());
        if (before == null) {
            assertThat(answer(outcome)).isEqualTo(Answer.missing());
            return;
        }
        var step = change.on(before);
        var after = step.after();
        assertThat(answer(outcome)).as("%s on %s", change, before).isEqualTo(step.answer());
        boolean moved = step.answer().moved();
        boolean alerts = after.alertsSince(before);
        assertThat(outcome.movementId()).isEqualTo(moved ? line.movementId() : null);
        assertThat(outcome.eventId()).isEqualTo(moved ? line.eventId() : null);
        assertThat(outcome.lastEventId()).isEqualTo(alerts ? line.alertId() : outcome.eventId());
        stock.put(change.place(), after);
        boolean counts = change instanceof Change.Count;
        if (counts && step.answer().isAccepted()) {
            countedAt.merge(change.place(), at, RuleRun::later);
        }
        written.add(
                new Written(change.place(), before, after, line.reason(), line.reference(), line, counts ? at : null));
    }

    /** What is asked of several lines at once. */
    private boolean isAccepted(List<Change> changes) {
        return operation(changes).on(stock).answers().stream().allMatch(Answer::isAccepted);
    }

    private static Operation operation(List<Change> changes) {
        return new Operation("atomic", null, changes, 0, 1, List.of());
    }

    private Change change(RuleStep.Line line, Map<Place, Long> seen) {
        var kind = line.counts() ? Request.Kind.COUNT : Request.Kind.ADJUST;
        return line.line().change(kind, places, unknown, seen);
    }

    private StockLine line(Change change, @Nullable String reference) {
        var key = key(change.place());
        return change instanceof Change.Adjust adjust
                ? StockLine.adjustment(key, adjust.delta(), adjust.expectedOnHand(), "sale", reference, clock)
                : StockLine.count(key, ((Change.Count) change).onHand(), "count", reference, clock);
    }

    private static Answer answer(LineOutcome outcome) {
        var code = outcome.code();
        if (code == null) {
            return Answer.accepted(outcome.delta(), outcome.onHand(), outcome.version());
        }
        return switch (code) {
            case LineOutcome.PRODUCT_NOT_FOUND -> Answer.missing();
            case LineOutcome.NOT_APPLIED -> Answer.notApplied();
            default -> Answer.refused(code, outcome.onHand());
        };
    }

    private void sync(Sync sync) throws SQLException {
        var times = times();
        var counts = new ArrayList<StockCount>();
        for (var count : sync.counts()) {
            var place = count.place() == StockProgram.UNKNOWN ? unknown : places.get(count.place());
            counts.add(new StockCount(key(place), count.onHand(), times.get(count.when() % times.size())));
        }
        var webhook = "webhook \"" + ++webhooks + "\"";

        var outcomes = Counting.count(database.pool(), counts, webhook, context, now().atOffset(ZoneOffset.UTC));

        var applied = new HashMap<Place, Integer>();
        for (int i = 0; i < counts.size(); i++) {
            if (mayBeApplied(counts.get(i), outcomes.get(i))) {
                applied.merge(place(counts.get(i)), i, (one, other) -> newer(counts, one, other));
            }
        }
        var written = new ArrayList<Written>();
        for (int i = 0; i < counts.size(); i++) {
            if (applied.containsValue(i)) {
                written.add(apply(counts.get(i), outcomes.get(i), webhook));
            }
        }
        for (int i = 0; i < counts.size(); i++) {
            if (!applied.containsValue(i) && outcomes.get(i).code() == null) {
                assertThat(outcomes.get(i).kind()).isEqualTo(CountOutcome.Kind.STALE);
            }
        }
        ledger.assertWritten(written, context);
    }

    /** Not if it is refused or stale; what is told of it then is right. */
    private boolean mayBeApplied(StockCount count, CountOutcome outcome) throws SQLException {
        var before = stock.get(place(count));
        if (before == null) {
            assertThat(outcome.code()).isEqualTo("unknown-sku");
            return false;
        }
        var last = countedAt.get(place(count));
        if (last != null && !count.countedAt().isAfter(last)) {
            assertThat(outcome.kind()).isEqualTo(CountOutcome.Kind.STALE);
            return false;
        }
        long countedNow = countedNow(count);
        var answer = before.count(countedNow).answer();
        assertThat(outcome.code()).as("%s on %s", count, before).isEqualTo(answer.code());
        if (!answer.isAccepted()) {
            assertThat(outcome.detail()).containsPattern("make " + countedNow + "[,;]");
        }
        return answer.isAccepted();
    }

    private Written apply(StockCount count, CountOutcome outcome, String webhook) throws SQLException {
        var place = place(count);
        var before = stock.get(place);
        var step = before.count(countedNow(count));
        assertThat(outcome.kind())
                .isEqualTo(step.answer().moved() ? CountOutcome.Kind.APPLIED : CountOutcome.Kind.UNCHANGED);
        stock.put(place, step.after());
        countedAt.put(place, count.countedAt());
        return new Written(place, before, step.after(), "sync", webhook, null, count.countedAt());
    }

    private long countedNow(StockCount count) throws SQLException {
        return count.onHand() + ledger.movedSince(place(count), count.countedAt());
    }

    private static int newer(List<StockCount> counts, int one, int other) {
        return counts.get(other).countedAt().isBefore(counts.get(one).countedAt()) ? one : other;
    }

    /** Before all, when something moved, just after it, and now. */
    private List<Instant> times() throws SQLException {
        var times = new ArrayList<Instant>();
        times.add(begin.minus(1, ChronoUnit.HOURS));
        for (var moved : ledger.times()) {
            times.add(moved);
            times.add(moved.plus(1, ChronoUnit.MICROS));
        }
        times.add(now());
        return times;
    }

    private void setThreshold(Place place, @Nullable Long threshold) throws SQLException {
        var before = stock.get(place);
        var after = before.withThreshold(threshold);
        var judged = get(table.setThreshold(database.pool(), key(place), threshold));
        stock.put(place, after);
        assertJudged(judged, place, before);
        ledger.assertWritten(List.of(), context);
    }

    private void setBackorders(String location, boolean taken) {
        get(table.setLocation(database.pool(), location, taken));
        stock.replaceAll((place, there) -> place.location().equals(location) ? there.withBackorders(taken) : there);
    }

    private void misjudge(Place place) throws SQLException {
        var misjudged = stock.get(place).misjudged();
        ledger.setLow(place, misjudged.low());
        stock.put(place, misjudged);
    }

    private void check() throws SQLException {
        var misjudged = places.stream()
                .filter(place -> !stock.get(place).judged().equals(stock.get(place)))
                .sorted(Comparator.comparing(Place::sku).thenComparing(Place::location))
                .toList();
        var corrected = corrected().stream()
                .filter(each -> stock.containsKey(place(each)))
                .toList();
        assertThat(corrected.stream().map(RuleRun::place)).isEqualTo(misjudged);
        for (int i = 0; i < misjudged.size(); i++) {
            var before = stock.get(misjudged.get(i));
            stock.put(misjudged.get(i), before.judged());
            assertJudged(corrected.get(i), misjudged.get(i), before);
        }
        ledger.assertWritten(List.of(), context);
    }

    /** A whole round: pages are looked at until the last one. */
    private List<JudgedStock> corrected() {
        var corrected = new ArrayList<JudgedStock>();
        StockTable.CheckedPage page;
        do {
            page = get(database.pool().withTransaction(client -> table.correctLow(client, Duration.ZERO)));
            corrected.addAll(page.corrected());
        } while (!page.isLast());
        return corrected;
    }

    private void assertJudged(JudgedStock judged, Place place, StockModel before) {
        var after = stock.get(place);
        assertThat(judged.stock().key()).isEqualTo(key(place));
        assertThat(new StockModel(
                        judged.stock().onHand(),
                        judged.stock().version(),
                        after.backorders(),
                        judged.stock().threshold(),
                        judged.stock().low()))
                .isEqualTo(after);
        assertThat(judged.alert()).isEqualTo(after.alertsSince(before) ? RulePayload.alert(place, after) : null);
    }

    private static Place place(StockCount count) {
        return new Place(count.stock().sku(), count.stock().location());
    }

    private static Place place(JudgedStock judged) {
        return new Place(judged.stock().key().sku(), judged.stock().key().location());
    }

    private static StockKey key(Place place) {
        return new StockKey(place.sku(), place.location());
    }

    private static Instant later(Instant one, Instant other) {
        return one.isBefore(other) ? other : one;
    }

    /** As exact as PostgreSQL holds it. */
    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }
}

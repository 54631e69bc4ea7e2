package org.pmsevents.inventory.history;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.history.StockProgram.Guess;

/** One thing that is done to the stock of a few places by a single caller, as jqwik makes it up. */
sealed interface RuleStep {
    /**
     * Requests that one statement writes.
     *
     * @param atomic whether all lines are refused if one is; there is only one request then
     */
    record Adjust(List<List<Line>> requests, boolean atomic) implements RuleStep {}

    /** @param counts whether the value is what was counted, not a delta */
    record Line(
            StockProgram.Line line,
            boolean counts,
            @Nullable String reference) {}

    /** A webhook. */
    record Sync(List<Count> counts) implements RuleStep {}

    /** @param when which of the times at which something moved, or just after it, or before all of it, or now; modulo their number */
    record Count(int place, long onHand, int when) {}

    record Threshold(int place, @Nullable Long threshold) implements RuleStep {}

    record Backorders(int place, boolean taken) implements RuleStep {}

    /** Somebody else makes {@code low} the opposite of what it should be. */
    record Misjudge(int place) implements RuleStep {}

    /** Corrects what was misjudged. */
    record Check() implements RuleStep {}

    /** 4 to 16 steps. */
    static Arbitrary<List<RuleStep>> programs() {
        return step().list().ofMinSize(4).ofMaxSize(16);
    }

    private static Arbitrary<RuleStep> step() {
        var lines = line().list().ofMinSize(1).ofMaxSize(5);
        Arbitrary<RuleStep> adjust =
                lines.list().ofMinSize(1).ofMaxSize(4).map(requests -> new Adjust(requests, false));
        Arbitrary<RuleStep> atomic = lines.map(request -> new Adjust(List.of(request), true));
        Arbitrary<RuleStep> sync = count().list().ofMinSize(1).ofMaxSize(6).map(Sync::new);
        Arbitrary<RuleStep> threshold = Combinators.combine(
                        place(), Arbitraries.longs().between(0, 8).injectNull(0.2))
                .as(Threshold::new);
        Arbitrary<RuleStep> backorders =
                Combinators.combine(place(), Arbitraries.of(true, false)).as(Backorders::new);
        return Arbitraries.frequencyOf(
                Tuple.of(5, adjust),
                Tuple.of(2, atomic),
                Tuple.of(4, sync),
                Tuple.of(3, threshold),
                Tuple.of(3, backorders),
                Tuple.of(1, place().map(Misjudge::new)),
                Tuple.of(1, Arbitraries.just(new Check())));
    }

    private static Arbitrary<Line> line() {
        var adjustment = line(value(-9, 6).filter(delta -> delta != 0), Arbitraries.of(Guess.class), false);
        var count = line(value(-6, 10), Arbitraries.just(Guess.NONE), true);
        return Arbitraries.frequencyOf(Tuple.of(4, adjustment), Tuple.of(1, count));
    }

    private static Arbitrary<Line> line(Arbitrary<Long> value, Arbitrary<Guess> guess, boolean counts) {
        var line = Combinators.combine(placeOrUnknown(), value, guess, value(-3, 8))
                .as(StockProgram.Line::new);
        return Combinators.combine(line, reference()).as((what, reference) -> new Line(what, counts, reference));
    }

    private static Arbitrary<Count> count() {
        return Combinators.combine(
                        placeOrUnknown(), value(-6, 10), Arbitraries.integers().between(0, 40))
                .as(Count::new);
    }

    /** A small number, or one near either end of the range. */
    private static Arbitrary<Long> value(long from, long to) {
        var most = Arbitraries.longs().between(StockModel.MOST - 4, StockModel.MOST);
        return Arbitraries.frequencyOf(
                Tuple.of(10, Arbitraries.longs().between(from, to)),
                Tuple.of(1, most),
                Tuple.of(1, most.map(value -> -value)));
    }

    /** With what JSON has to escape, and what it has not. */
    private static Arbitrary<String> reference() {
        return Arbitraries.strings()
                .withChars("aZ 9\"\\/\n\t\b\f\r'{}<&\u007fé\u2028漢")
                .ofMinLength(1)
                .ofMaxLength(12)
                .injectNull(0.3);
    }

    private static Arbitrary<Integer> place() {
        return Arbitraries.integers().between(0, 2);
    }

    private static Arbitrary<Integer> placeOrUnknown() {
        return Arbitraries.frequencyOf(Tuple.of(12, place()), Tuple.of(1, Arbitraries.just(StockProgram.UNKNOWN)));
    }
}

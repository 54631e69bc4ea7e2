package org.pmsevents.inventory.history;

import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.history.Change.Adjust;
import org.pmsevents.inventory.history.Change.Count;

/**
 * What several clients do at once, each one thing after the other, as jqwik makes it up.
 *
 * @param places how many of the places given are used
 */
record StockProgram(int places, List<List<Task>> clients) {
    /** A place of a SKU that does not exist. */
    static final int UNKNOWN = -1;

    enum Guess {
        NONE,
        LAST_SEEN,
        ANY
    }

    /** One line; which place is meant depends on how many there are. */
    record Line(int place, long value, Guess guess, long guessed) {
        /** @param seen what this client was last told of each place */
        Change change(Request.Kind kind, List<Place> places, Place unknown, Map<Place, Long> seen) {
            var where = place == UNKNOWN ? unknown : places.get(place % places.size());
            return kind == Request.Kind.COUNT
                    ? new Count(where, value)
                    : new Adjust(where, value, expected(where, seen));
        }

        private @Nullable Long expected(Place where, Map<Place, Long> seen) {
            return switch (guess) {
                case NONE -> null;
                case LAST_SEEN -> seen.getOrDefault(where, 0L);
                case ANY -> guessed;
            };
        }
    }

    /** @param replica modulo the number of replicas */
    sealed interface Task {
        int replica();
    }

    record Ask(int replica, Request.Kind kind, List<Line> lines, boolean keyed) implements Task {
        boolean mayBeRepeated() {
            return keyed && kind != Request.Kind.COUNT;
        }
    }

    /** Sends what any client has sent, sends or will send with a key, modulo how many such requests there are. */
    record Repeat(int replica, int which) implements Task {}

    /** 3 to 6 clients with about 40 requests in all. */
    static Arbitrary<StockProgram> any() {
        var clients =
                task().list().ofMinSize(4).ofMaxSize(14).list().ofMinSize(3).ofMaxSize(6);
        return Combinators.combine(Arbitraries.integers().between(1, 3), clients)
                .as(StockProgram::new);
    }

    private static Arbitrary<Task> task() {
        var replica = Arbitraries.integers().between(0, 5);
        var keyed = Arbitraries.of(true, true, false);
        Arbitrary<Task> single = Combinators.combine(replica, adjustment(), keyed)
                .as((to, line, withKey) -> new Ask(to, Request.Kind.ADJUST, List.of(line), withKey));
        Arbitrary<Task> count = Combinators.combine(replica, counted())
                .as((to, line) -> new Ask(to, Request.Kind.COUNT, List.of(line), false));
        Arbitrary<Task> lines = Combinators.combine(
                        replica,
                        Arbitraries.of(Request.Kind.LINES, Request.Kind.ATOMIC),
                        adjustment().list().ofMinSize(1).ofMaxSize(5),
                        keyed)
                .as(Ask::new);
        Arbitrary<Task> repeat = Combinators.combine(
                        replica, Arbitraries.integers().between(0, 1_000))
                .as(Repeat::new);
        return Arbitraries.frequencyOf(
                Tuple.of(5, single), Tuple.of(1, count), Tuple.of(3, lines), Tuple.of(3, repeat));
    }

    private static Arbitrary<Line> adjustment() {
        var delta = Arbitraries.frequencyOf(
                Tuple.of(14, Arbitraries.longs().between(-6, -1)),
                Tuple.of(14, Arbitraries.longs().between(1, 6)),
                Tuple.of(1, Arbitraries.of(StockModel.MOST, -StockModel.MOST)));
        var guess = Arbitraries.of(Guess.NONE, Guess.NONE, Guess.NONE, Guess.LAST_SEEN, Guess.LAST_SEEN, Guess.ANY);
        return Combinators.combine(place(), delta, guess, Arbitraries.longs().between(-3, 8))
                .as(Line::new);
    }

    private static Arbitrary<Line> counted() {
        return Combinators.combine(place(), Arbitraries.longs().between(-2, 10))
                .as((place, onHand) -> new Line(place, onHand, Guess.NONE, 0));
    }

    private static Arbitrary<Integer> place() {
        return Arbitraries.frequencyOf(
                Tuple.of(15, Arbitraries.integers().between(0, 5)), Tuple.of(1, Arbitraries.just(UNKNOWN)));
    }
}

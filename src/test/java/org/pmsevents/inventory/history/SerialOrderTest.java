package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.inventory.history.Answer.accepted;
import static org.pmsevents.inventory.history.Answer.notApplied;
import static org.pmsevents.inventory.history.Answer.refused;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.inventory.history.Change.Adjust;
import org.pmsevents.inventory.history.Change.Count;
import org.pmsevents.inventory.history.Change.Read;

/** A checker that accepts everything proves nothing: histories that must be accepted, and those that must not. */
@Pure
class SerialOrderTest {
    private static final Place CUP = Place.main("CUP");
    private static final Place MUG = Place.main("MUG");
    private static final Map<Place, StockModel> BEGIN =
            Map.of(CUP, new StockModel(10, 1, false), MUG, new StockModel(10, 1, false));

    @Test
    void callersAtTheSameTimeAreServedInAnyOrder() {
        assertExplained(
                List.of("b", "a", "c"),
                operation("a", 0, 9, adjust(CUP, -2), accepted(-2, 1, 3)),
                operation("b", 1, 8, adjust(CUP, -7), accepted(-7, 3, 2)),
                operation("c", 2, 7, adjust(CUP, -7), refused("insufficient-stock", 1)));
    }

    @Test
    void aRefusalMayLieBetweenChangesOfOthers() {
        assertExplained(
                List.of("less", "refused", "more"),
                operation("less", 0, 1, adjust(CUP, -9), accepted(-9, 1, 2)),
                operation("more", 2, 9, adjust(CUP, 50), accepted(50, 51, 3)),
                operation("refused", 2, 9, adjust(CUP, -5), refused("insufficient-stock", 1)));
    }

    @Test
    void compareAndSetHasOneWinner() {
        assertExplained(
                List.of("first", "second"),
                operation("first", 0, 9, new Adjust(CUP, 1, 10L), accepted(1, 11, 2)),
                operation("second", 0, 9, new Adjust(CUP, 1, 10L), refused("stock-changed", 11)));
        assertRefused(
                operation("first", 0, 9, new Adjust(CUP, 1, 10L), accepted(1, 11, 2)),
                operation("second", 0, 9, new Adjust(CUP, 1, 10L), accepted(1, 12, 3)));
    }

    @Test
    void aLostUpdateIsFound() {
        assertRefused(
                operation("a", 0, 9, adjust(CUP, -2), accepted(-2, 8, 2)),
                operation("b", 0, 9, adjust(CUP, -2), accepted(-2, 8, 2)));
        assertRefused(
                operation("a", 0, 9, adjust(CUP, -2), accepted(-2, 8, 2)),
                operation("b", 10, 19, new Count(CUP, 10), accepted(0, 10, 1)));
    }

    @Test
    void aDoubleApplicationIsFound() {
        assertRefused(
                operation("a", 0, 9, adjust(CUP, -2), accepted(-2, 8, 2)),
                operation("later", 10, 11, new Read(CUP), accepted(0, 6, 3)));
    }

    @Test
    void aStaleRefusalIsFound() {
        assertRefused(
                operation("less", 0, 1, adjust(CUP, -9), accepted(-9, 1, 2)),
                operation("more", 2, 3, adjust(CUP, 50), accepted(50, 51, 3)),
                operation("refused", 4, 5, adjust(CUP, -5), refused("insufficient-stock", 1)));
        assertRefused(operation("never so", 0, 1, adjust(CUP, -11), refused("insufficient-stock", 9)));
        assertRefused(operation("no reason", 0, 1, adjust(CUP, -10), refused("insufficient-stock", 10)));
    }

    @Test
    void aWrongOrderOfVersionsIsFound() {
        assertRefused(
                operation("a", 0, 1, adjust(CUP, 1), accepted(1, 12, 3)),
                operation("b", 2, 3, adjust(CUP, 1), accepted(1, 11, 2)));
        assertRefused(operation("gap", 0, 1, adjust(CUP, 1), accepted(1, 11, 3)));
    }

    @Test
    void anAtomicRequestAppliedInPartIsFound() {
        var both = List.<Change>of(adjust(CUP, -3), adjust(MUG, -11));
        var refused =
                new Operation("atomic", null, both, 0, 9, List.of(notApplied(), refused("insufficient-stock", 10)));
        assertExplained(
                List.of("atomic", "later"), refused, operation("later", 10, 11, new Read(CUP), accepted(0, 10, 1)));
        assertRefused(refused, operation("later", 10, 11, new Read(CUP), accepted(0, 7, 2)));
    }

    @Test
    void anAtomicRequestSeenHalfwayIsFound() {
        var atomic = new Operation(
                "atomic",
                null,
                List.of(adjust(CUP, 1), adjust(MUG, 1)),
                0,
                99,
                List.of(accepted(1, 11, 2), accepted(1, 11, 2)));
        var after = operation("a new cup", 10, 11, new Read(CUP), accepted(0, 11, 2));
        var before = operation("an old mug", 20, 21, new Read(MUG), accepted(0, 10, 1));
        assertRefused(atomic, after, before);
        assertExplained(
                List.of("an old mug", "atomic", "a new cup"),
                atomic,
                operation("a new cup", 10, 30, new Read(CUP), accepted(0, 11, 2)),
                before);
    }

    @Test
    void atomicRequestsHoldSeveralPlacesTogether() {
        assertRefused(
                new Operation(
                        "a",
                        null,
                        List.of(adjust(CUP, 1), adjust(MUG, 1)),
                        0,
                        9,
                        List.of(accepted(1, 11, 2), accepted(1, 12, 3))),
                new Operation(
                        "b",
                        null,
                        List.of(adjust(MUG, 1), adjust(CUP, 1)),
                        0,
                        9,
                        List.of(accepted(1, 11, 2), accepted(1, 12, 3))));
    }

    @Test
    void linesOfOnePlaceKeepTheirOrder() {
        var second = operation("line 1", 0, 9, adjust(CUP, -2), accepted(-2, 8, 2));
        var first = operation("line 0", 0, 9, adjust(CUP, -1), accepted(-1, 7, 3));
        assertExplained(List.of("line 1", "line 0"), first, second);
        assertRefused(first, new Operation("line 1", "line 0", second.changes(), 0, 9, second.answers()));
    }

    @Test
    void whatGotNoAnswerMayHaveHappenedOnceAtAnyTimeOrNever() {
        var unknown = operation("unknown", 5, 6, adjust(CUP, -4), null);
        var read = operation("read", 20, 21, new Read(CUP), accepted(0, 6, 2));
        assertExplained(List.of("unknown", "read"), unknown, read);
        assertExplained(List.of("read"), unknown, operation("read", 20, 21, new Read(CUP), accepted(0, 10, 1)));
        assertExplained(
                List.of("read", "unknown", "later"),
                unknown,
                operation("read", 20, 21, new Read(CUP), accepted(0, 10, 1)),
                operation("later", 30, 31, new Read(CUP), accepted(0, 6, 2)));
        assertRefused(unknown, operation("read", 20, 21, new Read(CUP), accepted(0, 2, 3)));
        assertRefused(unknown, operation("read", 3, 4, new Read(CUP), accepted(0, 6, 2)));
        assertRefused(unknown, read, operation("later", 30, 31, new Read(CUP), accepted(0, 10, 1)));
    }

    @Test
    void theMessageSaysHowFarItWentAndWhatDidNotFit() {
        assertThatThrownBy(() -> SerialOrder.of(
                        BEGIN,
                        List.of(
                                operation("a", 0, 1, adjust(CUP, -2), accepted(-2, 8, 2)),
                                operation("b", 2, 3, adjust(CUP, -2), accepted(-2, 8, 2)))))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("a [CUP@main -2] -> [accepted: delta -2, on hand 8, version 2]")
                .hasMessageContaining("would be [accepted: delta -2, on hand 6, version 3]");
    }

    @Test
    void aLongHistoryOfManyCallersIsSearchedQuickly() {
        var history = new ArrayList<Operation>();
        var stock = BEGIN;
        for (int i = 0; i < 2_000; i++) {
            var place = i % 3 == 0 ? MUG : CUP;
            var change = adjust(place, i % 7 - 3 == 0 ? -50 : i % 7 - 3);
            var outcome = new Operation("" + i, null, List.of(change), 0, 0, List.of()).on(stock);
            history.add(new Operation(
                    "" + i, null, List.of(change), i * 10L - i % 8 * 10, i * 10L + i % 5 * 10, outcome.answers()));
            stock = outcome.after();
        }
        assertThat(SerialOrder.of(BEGIN, history)).hasSize(2_000);
    }

    private static void assertExplained(List<String> order, Operation... history) {
        assertThat(SerialOrder.of(BEGIN, List.of(history)))
                .extracting(Operation::name)
                .containsExactlyElementsOf(order);
    }

    private static void assertRefused(Operation... history) {
        assertThatThrownBy(() -> SerialOrder.of(BEGIN, List.of(history)))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("No serial order");
    }

    private static Adjust adjust(Place place, long delta) {
        return new Adjust(place, delta, null);
    }

    private static Operation operation(String name, long begin, long end, Change change, @Nullable Answer answer) {
        return new Operation(name, null, List.of(change), begin, end, answer == null ? List.of() : List.of(answer));
    }
}

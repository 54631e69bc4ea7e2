package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import org.pmsevents.Pure;
import org.pmsevents.inventory.history.Change.Adjust;
import org.pmsevents.inventory.history.Change.Count;
import org.pmsevents.inventory.history.Change.Read;

/** The search for a serial order leaves much out; here it is compared with trying every order there is. */
@Pure
class SerialOrderSearchTest {
    private static final Place CUP = Place.main("CUP");
    private static final Place MUG = Place.main("MUG");
    private static final Map<Place, StockModel> BEGIN =
            Map.of(CUP, new StockModel(3, 1, false), MUG, new StockModel(3, 1, true));
    /** Between two moments at which something takes effect. */
    private static final int STEP = 10;

    enum Fate {
        ANSWERED,
        UNANSWERED,
        LOST
    }

    /** What is asked, how long before and after it took effect its caller waited, and what became of it. */
    record Request(List<Change> changes, int before, int after, Fate fate) {}

    @Property(tries = 300)
    void whatWasServedOneByOneHasASerialOrder(@ForAll("requests") List<Request> requests) {
        var history = history(requests);
        assertIsSerial(SerialOrder.of(BEGIN, history), history);
    }

    @Property(tries = 1_000)
    @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
    void anOrderIsFoundExactlyIfThereIsOne(
            @ForAll("requests") List<Request> requests,
            @ForAll int chosen,
            @ForAll @IntRange(min = 0, max = 6) int onHand,
            @ForAll @IntRange(min = 1, max = 6) int version) {
        var history = history(requests);
        var spoiled = history.get(Math.floorMod(chosen, history.size()));
        var elsewhere = Map.of(CUP, new StockModel(onHand, version, false), MUG, new StockModel(onHand, version, true));
        history.set(
                history.indexOf(spoiled),
                new Operation(
                        spoiled.name(),
                        spoiled.after(),
                        spoiled.changes(),
                        spoiled.begin(),
                        spoiled.end(),
                        spoiled.on(elsewhere).answers()));

        boolean possible = hasOrder(BEGIN, history);
        Statistics.collect(possible);
        Statistics.coverage(seen -> seen.check(true).percentage(share -> share > 3));
        if (possible) {
            assertIsSerial(SerialOrder.of(BEGIN, history), history);
        } else {
            assertThatThrownBy(() -> SerialOrder.of(BEGIN, history)).isInstanceOf(AssertionError.class);
        }
    }

    @Provide
    Arbitrary<List<Request>> requests() {
        var place = Arbitraries.of(CUP, MUG);
        var adjust = Combinators.combine(
                        place,
                        Arbitraries.longs().between(-4, 4).filter(delta -> delta != 0),
                        Arbitraries.longs().between(0, 6).injectNull(0.7))
                .as((where, delta, expected) -> (Change) new Adjust(where, delta, expected));
        var count = Combinators.combine(place, Arbitraries.longs().between(0, 6))
                .as((where, onHand) -> (Change) new Count(where, onHand));
        Arbitrary<List<Change>> single =
                Arbitraries.oneOf(adjust, count, place.map(Read::new)).list().ofSize(1);
        Arbitrary<List<Change>> atomic = adjust.list().ofMinSize(2).ofMaxSize(3);
        var patience = Arbitraries.integers().between(0, 4 * STEP);
        var fate = Arbitraries.of(Fate.ANSWERED, Fate.ANSWERED, Fate.ANSWERED, Fate.UNANSWERED, Fate.LOST);
        return Combinators.combine(Arbitraries.oneOf(single, single, atomic), patience, patience, fate)
                .as(Request::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }

    /** What the callers saw of requests that took effect in the order of the list. */
    private static List<Operation> history(List<Request> requests) {
        var history = new ArrayList<Operation>();
        var stock = BEGIN;
        for (int i = 0; i < requests.size(); i++) {
            var request = requests.get(i);
            long begin = (long) i * STEP - request.before;
            long end = (long) i * STEP + request.after;
            var asked = new Operation("" + i, null, request.changes, begin, end, List.of());
            var outcome = asked.on(stock);
            history.add(
                    request.fate == Fate.ANSWERED
                            ? new Operation("" + i, null, request.changes, begin, end, outcome.answers())
                            : asked);
            if (request.fate != Fate.LOST) {
                stock = outcome.after();
            }
        }
        return history;
    }

    private static void assertIsSerial(List<Operation> order, List<Operation> history) {
        assertThat(history).containsAll(order);
        assertThat(order).doesNotHaveDuplicates();
        assertThat(order)
                .containsAll(history.stream().filter(Operation::isAnswered).toList());
        var stock = BEGIN;
        for (int i = 0; i < order.size(); i++) {
            var operation = order.get(i);
            assertThat(order.subList(i + 1, order.size())).noneMatch(later -> isBefore(later, operation));
            var outcome = operation.on(stock);
            if (operation.isAnswered()) {
                assertThat(outcome.answers()).isEqualTo(operation.answers());
            }
            stock = outcome.after();
        }
    }

    /** Tries them all. */
    private static boolean hasOrder(Map<Place, StockModel> stock, List<Operation> left) {
        if (left.stream().noneMatch(Operation::isAnswered)) {
            return true;
        }
        for (var next : left) {
            var outcome = next.on(stock);
            boolean explains = !next.isAnswered() || outcome.answers().equals(next.answers());
            if (explains && left.stream().noneMatch(other -> isBefore(other, next))) {
                var rest = new ArrayList<>(left);
                rest.remove(next);
                if (hasOrder(outcome.after(), rest)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isBefore(Operation one, Operation other) {
        return one.isAnswered() && one.end() < other.begin();
    }
}

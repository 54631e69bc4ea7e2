package org.pmsevents.inventory.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.history.Operation.Outcome;

/**
 * Finds the order in which one caller, one request at a time, would have got the answers that many callers got at once: whoever was
 * answered before another began comes first, and every answer is the model's (linearizability; Herlihy and Wing, 1990). If there is
 * none the service has broken its word.
 *
 * <p>The search is that of Wing and Gong ("Testing and Verifying Concurrent Objects", 1993): take any operation that may be the next
 * one and whose answer the model gives too, and go back where none is left. As by Lowe ("Testing for linearizability", 2017) no
 * configuration, what has been taken and what is there then, is looked at twice. What leaves the stock as it is, such as a refusal, is
 * taken as soon as it can be, without trying it later: nothing that follows depends on it. The versions in the answers do the rest, as
 * only one accepted operation can be the next of its place.
 *
 * <p>An operation without an answer may have taken effect at any time after its begin, or not at all.
 */
final class SerialOrder {
    private static final int SHOWN = 12;

    private final List<Operation> history;
    private final int[] after;
    private final BitSet answered = new BitSet();

    /** What has been taken, one operation after the other, and what is there then. */
    private record Node(@Nullable Node before, int taken, BitSet done, Map<Place, StockModel> stock) {
        List<Integer> path() {
            var path = new ArrayList<Integer>();
            for (var node = this; node.before != null; node = node.before) {
                path.add(node.taken);
            }
            Collections.reverse(path);
            return path;
        }
    }

    private record Configuration(BitSet done, Map<Place, StockModel> stock) {}

    private SerialOrder(List<Operation> history) {
        this.history = history.stream()
                .sorted(Comparator.comparing(Operation::isAnswered).reversed().thenComparingLong(Operation::end))
                .toList();
        var index = new HashMap<String, Integer>();
        for (int i = 0; i < this.history.size(); i++) {
            var operation = this.history.get(i);
            if (index.put(operation.name(), i) != null) {
                throw new IllegalArgumentException("two operations are named " + operation.name());
            }
            if (operation.isAnswered()) {
                answered.set(i);
            }
        }
        after = this.history.stream()
                .mapToInt(operation -> operation.after() == null ? -1 : index.get(operation.after()))
                .toArray();
    }

    /**
     * An order that explains all answers.
     *
     * @param begin what was there before
     * @throws AssertionError if there is none, with how far the best attempt came
     */
    static List<Operation> of(Map<Place, StockModel> begin, List<Operation> history) {
        var search = new SerialOrder(history);
        return search.find(new Node(null, -1, new BitSet(), Map.copyOf(begin)));
    }

    private List<Operation> find(Node begin) {
        var open = new ArrayDeque<Node>();
        Set<Configuration> seen = new HashSet<>();
        var best = begin;
        open.push(begin);
        while (!open.isEmpty()) {
            var node = open.pop();
            if (!seen.add(new Configuration(node.done, node.stock))) {
                continue;
            }
            if (isComplete(node)) {
                return node.path().stream().map(history::get).toList();
            }
            if (node.done.cardinality() > best.done.cardinality()) {
                best = node;
            }
            // the one that was answered first comes to lie on top: most likely it took effect first
            var successors = successors(node);
            Collections.reverse(successors);
            successors.forEach(open::push);
        }
        throw new AssertionError(explain(best));
    }

    private boolean isComplete(Node node) {
        var missing = (BitSet) answered.clone();
        missing.andNot(node.done);
        return missing.isEmpty();
    }

    private List<Node> successors(Node node) {
        var successors = new ArrayList<Node>();
        for (int i : candidates(node)) {
            var operation = history.get(i);
            var outcome = operation.on(node.stock);
            if (!explains(outcome, operation)) {
                continue;
            }
            var done = (BitSet) node.done.clone();
            done.set(i);
            var next = new Node(node, i, done, outcome.after());
            if (operation.isAnswered() && outcome.after().equals(node.stock)) {
                return new ArrayList<>(List.of(next));
            }
            successors.add(next);
        }
        return successors;
    }

    /** What may be the next: nothing that is still to come was answered before it began. */
    private List<Integer> candidates(Node node) {
        int first = nextAnswered(node);
        long latest = first < 0 ? Long.MAX_VALUE : history.get(first).end();
        return IntStream.range(0, history.size())
                .filter(i -> !node.done.get(i))
                .filter(i -> history.get(i).begin() <= latest)
                .filter(i -> after[i] < 0 || node.done.get(after[i]))
                .boxed()
                .collect(Collectors.toList());
    }

    /** The one still to come that was answered first, or -1. */
    private int nextAnswered(Node node) {
        int next = node.done.nextClearBit(0);
        while (next < history.size() && !answered.get(next)) {
            next = node.done.nextClearBit(next + 1);
        }
        return next < history.size() ? next : -1;
    }

    private static boolean explains(Outcome outcome, Operation operation) {
        return !operation.isAnswered() || outcome.answers().equals(operation.answers());
    }

    private String explain(Node best) {
        var text = new StringBuilder("No serial order explains the answers. The longest that does so far:\n");
        var path = best.path();
        int from = Math.max(0, path.size() - SHOWN);
        if (from > 0) {
            text.append("  (").append(from).append(" before)\n");
        }
        path.subList(from, path.size())
                .forEach(i -> text.append("  ").append(timed(history.get(i))).append('\n'));
        text.append("then there is ").append(best.stock).append("; none of these can be the next:\n");
        for (int i : candidates(best)) {
            var operation = history.get(i);
            text.append("  ").append(timed(operation));
            Optional.of(operation.on(best.stock))
                    .filter(outcome -> !explains(outcome, operation))
                    .ifPresent(outcome -> text.append("; would be ").append(outcome.answers()));
            text.append('\n');
        }
        return text.toString();
    }

    private String timed(Operation operation) {
        long zero = history.stream().mapToLong(Operation::begin).min().orElse(0);
        return String.format(
                "[%d..%d us] %s", (operation.begin() - zero) / 1_000, (operation.end() - zero) / 1_000, operation);
    }
}

package org.pmsevents.inventory.count;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.StockKey;

/**
 * Decides what becomes of counts, once the rows of their stocks are locked. A count is true at its time: what has moved since is added
 * to it, so each is judged by itself, in whatever order they come, and of several for one stock only the newest has a say.
 */
final class CountJudge {
    private static final long MOST = Integer.MAX_VALUE;

    private final Map<StockKey, LockedStock> stocks;
    private final List<StockCount> counts;
    private final CountOutcome[] outcomes;
    private final Map<StockKey, Integer> newest = new HashMap<>();

    /** @param stocks those that exist, with their rows locked */
    CountJudge(Map<StockKey, LockedStock> stocks, List<StockCount> counts) {
        this.stocks = stocks;
        this.counts = counts;
        this.outcomes = new CountOutcome[counts.size()];
    }

    /** What is to be done, and what is to be told of each count, in their order. */
    record Verdict(List<Correction> corrections, List<CountOutcome> outcomes) {}

    /** The indexes of those counts for which it matters what has moved since. */
    List<Integer> open() {
        var open = new ArrayList<Integer>();
        for (int i = 0; i < counts.size(); i++) {
            var stock = stocks.get(counts.get(i).stock());
            if (stock == null) {
                outcomes[i] = unknown(counts.get(i).stock());
            } else if (stock.makesStale(counts.get(i))) {
                outcomes[i] = CountOutcome.STALE;
            } else {
                open.add(i);
            }
        }
        return open;
    }

    /** @param later what has moved since each count that is {@link #open}, by its index */
    Verdict judge(Map<Integer, Long> later, Clock clock) {
        for (int i : later.keySet().stream().sorted().toList()) {
            var refusal = refusal(i, later.getOrDefault(i, 0L));
            if (refusal == null) {
                newest.merge(counts.get(i).stock(), i, this::newer);
                outcomes[i] = CountOutcome.STALE;
            } else {
                outcomes[i] = refusal;
            }
        }
        var corrections = newest.values().stream()
                .sorted()
                .map(i -> correction(i, later.getOrDefault(i, 0L), clock))
                .toList();
        return new Verdict(corrections, List.of(outcomes));
    }

    /** At the same time the later line: that is what whoever wrote it said last. */
    private int newer(int before, int after) {
        return counts.get(after).countedAt().isBefore(counts.get(before).countedAt()) ? before : after;
    }

    private Correction correction(int index, long later, Clock clock) {
        var count = counts.get(index);
        var correction = Correction.of(stock(count), count.onHand() + later, count.countedAt(), clock);
        outcomes[index] = correction.moves() ? CountOutcome.APPLIED : CountOutcome.UNCHANGED;
        return correction;
    }

    private @Nullable CountOutcome refusal(int index, long later) {
        var count = counts.get(index);
        var stock = stock(count);
        long onHand = count.onHand() + later;
        if (onHand < 0 && !stock.backorders()) {
            return CountOutcome.refused(
                    LineOutcome.INSUFFICIENT_STOCK,
                    "With what has moved since the count it would be " + onHand
                            + ", and the location has no back-orders.");
        }
        if (Math.abs(onHand) > MOST || Math.abs(onHand - stock.onHand()) > MOST) {
            return CountOutcome.refused(
                    LineOutcome.STOCK_OUT_OF_RANGE,
                    "With what has moved since the count it would be " + onHand
                            + "; no stock can go beyond 2147483647 either way, or move by more at once.");
        }
        return null;
    }

    private LockedStock stock(StockCount count) {
        var stock = stocks.get(count.stock());
        if (stock == null) {
            throw new IllegalStateException("only counts of stocks that there are can be judged");
        }
        return stock;
    }

    private static CountOutcome unknown(StockKey stock) {
        return CountOutcome.refused(CountOutcome.UNKNOWN_SKU, "There is no product with the SKU " + stock.sku() + ".");
    }
}

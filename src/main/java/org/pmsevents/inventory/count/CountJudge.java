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
 * Decides which counts are applied, once the rows of their stocks are locked. A count is true at its time, and what has moved since is
 * added to it, so each is judged by itself, in whatever order they come, and of several for one stock the newest that is not refused is
 * applied. What a count does to its stock is decided in the database.
 */
final class CountJudge {
    private final Map<StockKey, LockedStock> locked;
    private final List<StockCount> counts;
    private final CountOutcome[] outcomes;
    private final Map<StockKey, Integer> newest = new HashMap<>();

    /** @param locked the stocks that there are */
    CountJudge(Map<StockKey, LockedStock> locked, List<StockCount> counts) {
        this.locked = locked;
        this.counts = counts;
        this.outcomes = new CountOutcome[counts.size()];
    }

    /** What is to be done, and what is to be told of each count, in their order. */
    record Verdict(List<Correction> corrections, List<CountOutcome> outcomes) {}

    /** The indexes of those counts that are neither stale nor about an unknown stock. */
    List<Integer> open() {
        var open = new ArrayList<Integer>();
        for (int i = 0; i < counts.size(); i++) {
            var stock = locked.get(counts.get(i).stock());
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

    /** @param judged what each count that is {@link #open} does to its stock, by its index */
    Verdict judge(Map<Integer, JudgedCount> judged, Clock clock) {
        var indexes = judged.keySet().stream().sorted().toList();
        for (int index : indexes) {
            var refusal = refusal(judged.get(index));
            if (refusal == null) {
                newest.merge(counts.get(index).stock(), index, this::newer);
            }
            outcomes[index] = refusal == null ? CountOutcome.STALE : refusal;
        }
        var corrections = newest.values().stream()
                .sorted()
                .map(index -> correction(index, judged.get(index), clock))
                .toList();
        return new Verdict(corrections, List.of(outcomes));
    }

    /** At the same time the later line: that is what whoever wrote it said last. */
    private int newer(int before, int after) {
        return counts.get(after).countedAt().isBefore(counts.get(before).countedAt()) ? before : after;
    }

    private Correction correction(int index, JudgedCount judged, Clock clock) {
        var correction = Correction.of(counts.get(index), judged, clock);
        outcomes[index] = correction.moves() ? CountOutcome.APPLIED : CountOutcome.UNCHANGED;
        return correction;
    }

    private static @Nullable CountOutcome refusal(JudgedCount judged) {
        var code = judged.code();
        return code == null ? null : CountOutcome.refused(code, detail(code, judged.countedNow()));
    }

    private static String detail(String code, long countedNow) {
        var would = "With what has moved since the count it would be " + countedNow;
        return code.equals(LineOutcome.INSUFFICIENT_STOCK)
                ? would + ", and the location has no back-orders."
                : would + "; no stock can go beyond 2147483647 either way, or move by more at once.";
    }

    private static CountOutcome unknown(StockKey stock) {
        return CountOutcome.refused(CountOutcome.UNKNOWN_SKU, "There is no product with the SKU " + stock.sku() + ".");
    }
}

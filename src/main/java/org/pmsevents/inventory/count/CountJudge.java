package org.pmsevents.inventory.count;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.StockKey;

/**
 * Decides which counts are applied, after the rows of their stocks are locked. A count is true at its time, and later movements are added
 * to it. So each count is judged by itself, whatever the order of arrival. Of several counts of one stock the newest that is not refused
 * is applied. The database decides what a count does to its stock.
 */
final class CountJudge {
    private final Map<StockKey, LockedStock> locked;
    private final List<StockCount> counts;
    private final CountOutcome[] outcomes;
    private final Map<StockKey, Integer> newest = new HashMap<>();

    /** @param locked those of the stocks that exist */
    CountJudge(Map<StockKey, LockedStock> locked, List<StockCount> counts) {
        this.locked = locked;
        this.counts = counts;
        this.outcomes = new CountOutcome[counts.size()];
    }

    /** The corrections to write, and the outcome of each count, in the order of the counts. */
    record Verdict(List<Correction> corrections, List<CountOutcome> outcomes) {}

    /** Returns the indexes of the counts that are neither stale nor of an unknown stock. */
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

    /** @param judged what each {@link #open} count does to its stock, by the index of the count */
    Verdict judge(Map<Integer, JudgedCount> judged, Clock clock) {
        new TreeMap<>(judged).forEach((index, count) -> {
            var refusal = refusal(count);
            if (refusal == null) {
                newest.merge(counts.get(index).stock(), index, this::newer);
            }
            outcomes[index] = refusal == null ? CountOutcome.STALE : refusal;
        });
        var corrections = newest.values().stream()
                .sorted()
                .map(index -> correction(index, Objects.requireNonNull(judged.get(index)), clock))
                .toList();
        return new Verdict(corrections, List.of(outcomes));
    }

    /** Of two counts with the same time the later line wins: it is what the sender wrote last. */
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
        var sum = "The count and the movements after it make " + countedNow;
        return code.equals(LineOutcome.INSUFFICIENT_STOCK)
                ? sum + ", and the location takes no back-orders."
                : sum + "; stock and the delta of a movement must stay between -2147483647 and 2147483647.";
    }

    private static CountOutcome unknown(StockKey stock) {
        return CountOutcome.refused(CountOutcome.UNKNOWN_SKU, "There is no product with the SKU " + stock.sku() + ".");
    }
}

package org.pmsevents.inventory.count;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.pmsevents.Pure;
import org.pmsevents.inventory.StockKey;

/** However counts are shuffled, parted into webhooks and delayed, a stock ends at its newest count and what has moved since. */
@Pure
class CountJudgeTest {
    private static final StockKey KEY = new StockKey("A", StockKey.MAIN);

    /** Something that moved at a second. */
    private record Moved(int at, long delta) {}

    private static Instant second(int number) {
        return Instant.ofEpochSecond(1_000_000 + number);
    }

    private static long after(List<Moved> moves, Instant time) {
        return moves.stream()
                .filter(move -> second(move.at()).isAfter(time))
                .mapToLong(Moved::delta)
                .sum();
    }

    @Property(tries = 500)
    void theNewestCountDecides(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int counts, @ForAll @IntRange(max = 20) int moves) {
        var random = new Random(seed);
        var moved = new ArrayList<Moved>();
        for (int i = 0; i < moves; i++) {
            moved.add(new Moved(random.nextInt(100), random.nextInt(-50, 51)));
        }
        var made = new ArrayList<StockCount>();
        for (int i = 0; i < counts; i++) {
            made.add(new StockCount(KEY, random.nextInt(1_000, 2_000), second(random.nextInt(100))));
        }
        var stock = new LockedStock(KEY, null);
        long there = moved.stream().mapToLong(Moved::delta).sum();
        int applied = 0;
        int told = 0;
        for (var webhook : webhooks(made, random)) {
            var judge = new CountJudge(Map.of(KEY, stock), webhook);
            long before = there;
            var judged =
                    judge.open().stream().collect(Collectors.toMap(i -> i, i -> judged(webhook.get(i), before, moved)));
            var verdict = judge.judge(judged, Clock.systemUTC());
            assertThat(verdict.outcomes()).hasSize(webhook.size()).doesNotContainNull();
            assertThat(verdict.corrections()).hasSizeLessThanOrEqualTo(1);
            for (var correction : verdict.corrections()) {
                applied++;
                stock = new LockedStock(KEY, correction.countedAt());
                there = correction.judged().onHand();
            }
            told += (int) verdict.outcomes().stream()
                    .filter(outcome -> outcome.kind() != CountOutcome.Kind.STALE)
                    .count();
        }
        assertThat(told).as("what is not stale is applied, or was so already").isEqualTo(applied);
        var newest =
                made.stream().map(StockCount::countedAt).max(Instant::compareTo).orElseThrow();
        assertThat(stock.countedAt()).isEqualTo(newest);
        long onHand = there - after(moved, newest);
        assertThat(made).anySatisfy(count -> {
            assertThat(count.countedAt()).isEqualTo(newest);
            assertThat(count.onHand()).isEqualTo(onHand);
        });
    }

    /** Back-orders are taken and nothing is near the ends of the range, so nothing is refused. */
    private static JudgedCount judged(StockCount count, long there, List<Moved> moved) {
        long now = count.onHand() + after(moved, count.countedAt());
        return new JudgedCount(null, now, now - there, now, 1, null, false, false, Instant.EPOCH);
    }

    private static List<List<StockCount>> webhooks(List<StockCount> made, Random random) {
        var shuffled = new ArrayList<>(made);
        Collections.shuffle(shuffled, random);
        var parts = new HashMap<Integer, List<StockCount>>();
        shuffled.forEach(count -> parts.computeIfAbsent(random.nextInt(5), part -> new ArrayList<>())
                .add(count));
        return List.copyOf(parts.values());
    }
}

package org.pmsevents.cache.flow;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.platform.database.Transactions;

/**
 * Counts the reads of keys on this replica, for a bounded number of keys: the least read are dropped first. Adds the counts to
 * those in PostgreSQL periodically.
 */
@ApplicationScoped
public class HotKeys {
    /** Keys stored at once; less read ones wait for the next time. */
    private static final int MOST = 200;

    /** Of how many keys a replica counts the reads. */
    private static final int COUNTED_KEYS = 2_000;

    /** After this time a read counts for half. */
    static final Duration HALF_LIFE = Duration.ofHours(6);

    private final HotKeyTable table;
    private final Transactions transactions;
    private final Cache<CacheKey, Reads> counted;

    HotKeys(HotKeyTable table, Transactions transactions) {
        this.table = table;
        this.transactions = transactions;
        this.counted = Caffeine.newBuilder()
                .maximumSize(COUNTED_KEYS)
                .executor(Runnable::run)
                .build();
    }

    private static final class Reads {
        private final LongAdder all = new LongAdder();
        private long stored;

        long unstored() {
            return all.sum() - stored;
        }
    }

    /** A key, and how often it was read. */
    record Count(CacheKey key, long reads) {}

    void count(CacheKey key) {
        if (key.isCacheable()) {
            counted.get(key, first -> new Reads()).all.increment();
        }
    }

    /** The keys that this replica has read most, among those that it still counts. */
    List<Count> hottest(int most) {
        return counted.asMap().entrySet().stream()
                .map(each -> new Count(each.getKey(), each.getValue().all.sum()))
                .sorted(Comparator.comparingLong(Count::reads).reversed())
                .limit(most)
                .toList();
    }

    /** Adds the reads since the last call to the counts in PostgreSQL; what fails is added the next time. */
    public Uni<Void> store() {
        var deltas = new ArrayList<Count>();
        counted.asMap().forEach((key, reads) -> {
            long unstored = reads.unstored();
            if (unstored > 0) {
                deltas.add(new Count(key, unstored));
            }
        });
        if (deltas.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        deltas.sort(Comparator.comparingLong(Count::reads).reversed());
        var most = deltas.subList(0, Math.min(MOST, deltas.size()));
        return transactions
                .runRepeatable(transaction -> table.add(transaction, most, HALF_LIFE))
                .invoke(() -> most.forEach(this::stored));
    }

    private void stored(Count delta) {
        var reads = counted.policy().getIfPresentQuietly(delta.key());
        if (reads != null) {
            reads.stored += delta.reads();
        }
    }

    /** The keys that all replicas have read most. */
    Uni<List<String>> ofAll(int most) {
        return transactions.read(client -> table.hottest(client, HALF_LIFE, most));
    }
}

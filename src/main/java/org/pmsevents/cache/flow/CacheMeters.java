package org.pmsevents.cache.flow;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.store.SingleFlight;

/** Counts the results of reads on this replica. */
@ApplicationScoped
public class CacheMeters {
    /** For each read: the level that had the answer, or that it was a miss. */
    private final Counter l1;

    private final Counter l2;
    private final Counter miss;
    private final Counter stale;
    private final Counter negative;

    private final Counter invalidations;
    private final Timer loads;
    private final Timer failedLoads;
    private final LongAdder localHits = new LongAdder();
    private final LongAdder localMisses = new LongAdder();

    CacheMeters(MeterRegistry meters) {
        l1 = reads(meters, "l1");
        l2 = reads(meters, "l2");
        miss = reads(meters, "miss");
        stale = reads(meters, "stale");
        negative = reads(meters, "negative");
        invalidations = meters.counter("pms.cache.invalidations");
        loads = loads(meters, "loaded");
        failedLoads = loads(meters, "failed");
    }

    private static Counter reads(MeterRegistry meters, String result) {
        return meters.counter("pms.cache.reads", "result", result);
    }

    private static Timer loads(MeterRegistry meters, String outcome) {
        return Timer.builder("pms.cache.loads")
                .description("duration of loads from PostgreSQL")
                .tag("outcome", outcome)
                .register(meters);
    }

    void local(CacheEntry entry) {
        localHits.increment();
        (entry.isAbsent() ? negative : l1).increment();
    }

    void notLocal() {
        localMisses.increment();
    }

    void stale() {
        stale.increment();
    }

    void loaded(SingleFlight.Loaded loaded) {
        switch (loaded.from()) {
            case PROCESS -> (loaded.entry().isAbsent() ? negative : l1).increment();
            case REDIS -> (loaded.entry().isAbsent() ? negative : l2).increment();
            case POSTGRESQL -> miss.increment();
            case STALE -> stale.increment();
        }
    }

    void invalidated() {
        invalidations.increment();
    }

    void fetched(long begunAt, boolean failed) {
        (failed ? failedLoads : loads).record(Duration.ofNanos(System.nanoTime() - begunAt));
    }

    long localHits() {
        return localHits.sum();
    }

    long localMisses() {
        return localMisses.sum();
    }

    long staleReads() {
        return (long) stale.count();
    }

    long negativeReads() {
        return (long) negative.count();
    }

    long loadsDone() {
        return loads.count();
    }

    long loadsFailed() {
        return failedLoads.count();
    }

    double averageLoadMillis() {
        return loads.mean(TimeUnit.MILLISECONDS);
    }
}

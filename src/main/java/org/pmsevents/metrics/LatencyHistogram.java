package org.pmsevents.metrics;

import org.jspecify.annotations.Nullable;

/**
 * Counts requests by latency, in buckets that are the same on every replica and so can be added up. Each doubling from 64 µs to
 * about 67 s has four buckets, reported by their middle: so within this range a percentile is off by at most an eighth of its
 * value. Not thread-safe.
 */
public final class LatencyHistogram {
    private static final long SMALLEST_MICROS = 64;
    private static final int SHIFT = Long.numberOfTrailingZeros(SMALLEST_MICROS);
    private static final int PARTS = 4;
    private static final int DOUBLINGS = 20;

    /** The first bucket counts all that is shorter, the last all that is longer. */
    public static final int BUCKETS = 1 + DOUBLINGS * PARTS + 1;

    private final long[] counts = new long[BUCKETS];
    private long total;

    /** The bucket of a duration. */
    public static int bucket(long nanos) {
        long micros = nanos / 1_000;
        if (micros < SMALLEST_MICROS) {
            return 0;
        }
        int doubling = Long.SIZE - 1 - Long.numberOfLeadingZeros(micros) - SHIFT;
        if (doubling >= DOUBLINGS) {
            return BUCKETS - 1;
        }
        int part = (int) (micros >> (SHIFT + doubling - 2)) - PARTS;
        return 1 + doubling * PARTS + part;
    }

    /** The lower bound of the bucket, in milliseconds. */
    private static double from(int bucket) {
        if (bucket == 0) {
            return 0;
        }
        int doubling = (bucket - 1) / PARTS;
        int part = (bucket - 1) % PARTS;
        return Math.scalb(SMALLEST_MICROS * (1 + (double) part / PARTS), doubling) / 1_000;
    }

    void add(int bucket, long count) {
        counts[bucket] += count;
        total += count;
    }

    void add(LatencyHistogram other) {
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            add(bucket, other.counts[bucket]);
        }
    }

    long count(int bucket) {
        return counts[bucket];
    }

    public long total() {
        return total;
    }

    /**
     * The latency that this share of all requests did not exceed, in milliseconds: by the nearest rank, the middle of its bucket.
     *
     * @param share 0 to 1
     * @return null if there are no requests
     */
    @Nullable
    public Double percentile(double share) {
        if (total == 0) {
            return null;
        }
        long rank = Math.max(1, (long) Math.ceil(share * total));
        int bucket = 0;
        long before = 0;
        while (before + counts[bucket] < rank) {
            before += counts[bucket++];
        }
        double from = from(bucket);
        double to = bucket == BUCKETS - 1 ? from : from(bucket + 1);
        return Math.round((from + to) / 2 * 1_000) / 1_000.0;
    }
}

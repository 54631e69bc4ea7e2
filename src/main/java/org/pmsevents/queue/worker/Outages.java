package org.pmsevents.queue.worker;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Tells a worker that is dead from one that could not renew its leases. After a time in which this replica had no answer from PostgreSQL,
 * because that was unavailable or all replicas were paused, the others have had none either: they get the time of one renewal before
 * their jobs are taken from them.
 */
final class Outages {
    private final long longestNanos;
    private final long patienceNanos;
    private final LongSupplier nanoTime;
    private long answeredAt;
    private long steadySince;

    /**
     * @param longest time between two answers that is no outage
     * @param patience after an outage
     * @param nanoTime as {@link System#nanoTime}
     */
    Outages(Duration longest, Duration patience, LongSupplier nanoTime) {
        this.longestNanos = longest.toNanos();
        this.patienceNanos = patience.toNanos();
        this.nanoTime = nanoTime;
        this.answeredAt = nanoTime.getAsLong();
        this.steadySince = answeredAt - patienceNanos;
    }

    /** PostgreSQL has answered just now. */
    synchronized void answered() {
        if (isOutage()) {
            steadySince = nanoTime.getAsLong();
        }
        answeredAt = nanoTime.getAsLong();
    }

    /** Whether a worker that lives has had the time to renew its leases. */
    synchronized boolean couldRenew() {
        return !isOutage() && nanoTime.getAsLong() - steadySince >= patienceNanos;
    }

    private boolean isOutage() {
        return nanoTime.getAsLong() - answeredAt > longestNanos;
    }
}

package org.pmsevents.event.feed;

import java.time.Duration;

/**
 * Tracks the time up to which this replica has certainly dispatched everything that was committed. Each poll of PostgreSQL returns a head
 * and a time: the time of the query, or the begin of the first transaction whose event still waits for a position. Once the replica reaches
 * that head, it has dispatched everything committed before that time. The age grows while a replica is paused, and on every replica while
 * the sequencer is stalled.
 */
final class StalenessBound {
    private volatile long completeUntil = longAgo();
    private boolean pending;
    private long head;
    private long time;

    /** Records a head that includes everything committed before the time, by {@link System#nanoTime}. */
    synchronized void seek(long head, long time, long position) {
        if (position >= head) {
            advance(time);
        } else if (!pending) {
            pending = true;
            this.head = head;
            this.time = time;
        }
    }

    synchronized void reached(long position) {
        if (pending && position >= head) {
            pending = false;
            advance(time);
        }
    }

    /** Nothing is certain any more. */
    synchronized void restart() {
        pending = false;
        completeUntil = longAgo();
    }

    private static long longAgo() {
        return System.nanoTime() - Duration.ofDays(1).toNanos();
    }

    Duration age() {
        return Duration.ofNanos(System.nanoTime() - completeUntil);
    }

    private void advance(long time) {
        if (time - completeUntil > 0) {
            completeUntil = time;
        }
    }
}

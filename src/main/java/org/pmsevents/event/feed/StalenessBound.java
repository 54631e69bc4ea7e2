package org.pmsevents.event.feed;

import java.time.Duration;

/**
 * Knows since when this replica may have missed something: all that was committed when PostgreSQL was asked, or before what then waited for
 * its position, has been handed out here once the head that it told is reached. So a replica that was paused finds that it knows nothing of what
 * is newest, and so does every replica when nobody gives events their positions.
 */
final class StalenessBound {
    private volatile long since = System.nanoTime() - Duration.ofDays(1).toNanos();
    private boolean seeking;
    private long head;
    private long time;

    /** PostgreSQL told the head, in which is all that was committed before that time, by {@link System#nanoTime}. */
    synchronized void seek(long head, long time, long position) {
        if (position >= head) {
            rise(time);
        } else if (!seeking) {
            seeking = true;
            this.head = head;
            this.time = time;
        }
    }

    synchronized void reached(long position) {
        if (seeking && position >= head) {
            seeking = false;
            rise(time);
        }
    }

    Duration age() {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    private void rise(long time) {
        if (time - since > 0) {
            since = time;
        }
    }
}

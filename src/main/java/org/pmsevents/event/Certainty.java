package org.pmsevents.event;

import java.time.Duration;

/**
 * Knows since when this replica may have missed something: all that PostgreSQL had in its feed when it was asked has been handed out
 * here once the head that it told is reached. A replica that was paused finds by it that it knows nothing of what is newest.
 */
final class Certainty {
    private volatile long since = System.nanoTime();
    private boolean seeking;
    private long head;
    private long asked;

    /** PostgreSQL told the head when asked at that time, by {@link System#nanoTime}. */
    synchronized void seek(long head, long asked, long position) {
        if (position >= head) {
            rise(asked);
        } else if (!seeking) {
            seeking = true;
            this.head = head;
            this.asked = asked;
        }
    }

    synchronized void reached(long position) {
        if (seeking && position >= head) {
            seeking = false;
            rise(asked);
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

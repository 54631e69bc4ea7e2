package org.pmsevents.event.feed;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The memory for events that were read for subscribers which catch up, and that these have not passed on yet. All state belongs to
 * one thread.
 */
final class CatchUpMemory {
    private final long most;
    private final long patienceNanos;
    /** The oldest first. */
    private final Set<Part> parts = new LinkedHashSet<>();

    private volatile long taken;

    /**
     * @param most how many bytes all subscribers may hold together before no more is read for them
     * @param patienceNanos how long one may hold its events while others wait
     */
    CatchUpMemory(long most, long patienceNanos) {
        this.most = most;
        this.patienceNanos = patienceNanos;
    }

    /** The events of one read. */
    final class Part {
        private final FeedSubscriptions.Subscription holder;
        private final long bytes;
        private final long since = System.nanoTime();

        private Part(FeedSubscriptions.Subscription holder, long bytes) {
            this.holder = holder;
            this.bytes = bytes;
        }

        FeedSubscriptions.Subscription holder() {
            return holder;
        }

        void release() {
            if (parts.remove(this)) {
                taken -= bytes;
            }
        }
    }

    boolean hasRoom() {
        return taken < most;
    }

    /** How many bytes are held. Any thread. */
    long taken() {
        return taken;
    }

    Part take(FeedSubscriptions.Subscription holder, long bytes) {
        var part = new Part(holder, bytes);
        parts.add(part);
        taken += bytes;
        return part;
    }

    /** The part that is held for longest, if that is too long; otherwise null. */
    @Nullable
    Part overdue() {
        var iterator = parts.iterator();
        if (iterator.hasNext()) {
            var oldest = iterator.next();
            if (System.nanoTime() - oldest.since > patienceNanos) {
                return oldest;
            }
        }
        return null;
    }
}

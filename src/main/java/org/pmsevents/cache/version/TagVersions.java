package org.pmsevents.cache.version;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.LocalEntry;

/**
 * The changes that this replica knows of: for each tag the position of its last change. An entry is current if it includes that
 * change, wherever it was read from. Entries that go out of date are not removed; they are no longer current. So no message has to
 * reach an entry, a change costs one number, and a lost message, an emptied Redis or a pause can't keep an old value valid.
 *
 * <p>Bounded: tags share slots by their hash. So an entry is sometimes read again because of the change of another tag.
 */
@ApplicationScoped
public class TagVersions {
    private static final int SLOTS = 1 << 16;
    private static final int REMEMBERED = 10_000;

    /** Position of the slots before {@link #knownAfter}. */
    private static final long UNKNOWN = Long.MAX_VALUE;

    /** After this time the feed has reported everything committed before, or the cache is not trusted at all. */
    private static final long SETTLED = Duration.ofSeconds(5).toNanos();

    private final AtomicLongArray positions = new AtomicLongArray(SLOTS);
    private final AtomicLongArray marks = new AtomicLongArray(SLOTS);

    /** When the last change was reported to this replica, and when it last made or saw one itself, by {@link System#nanoTime}. */
    private final AtomicLongArray reportedAt = new AtomicLongArray(SLOTS);

    private final AtomicLongArray clearedAt = new AtomicLongArray(SLOTS);
    /** The newest version that was evicted from the process lately, and when. */
    private final long[] evicted = new long[SLOTS];

    private final long[] evictedAt = new long[SLOTS];
    private volatile long knownAt;
    private volatile boolean known;

    /** One object, so that nobody takes the position of one epoch for that of another. */
    private final AtomicReference<AsOf> now = new AtomicReference<>(new AsOf(-1, 0));

    /**
     * The version of each of the last changes, so that what has that version needs not be read again for its own event, and so that the
     * value of an earlier change does not take its place. By last use, and no Caffeine: that evicts by how often, and so would first forget
     * what has just changed. Whatever is forgotten all the same leaves {@link #forgottenAt} behind, under the same lock.
     */
    private final Map<CacheTag, Reported> reported = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<CacheTag, Reported> eldest) {
            boolean isFull = size() > REMEMBERED;
            if (isFull && !isSettled(eldest.getValue().at)) {
                forgottenAt[slot(eldest.getKey())] = System.nanoTime();
            }
            return isFull;
        }
    };

    /** When a change was forgotten here that the feed had reported just before. */
    private final long[] forgottenAt = new long[SLOTS];

    private record Reported(long version, long position, long at) {}

    public TagVersions() {
        forget();
    }

    private void forget() {
        long longAgo = System.nanoTime() - SETTLED;
        for (int i = 0; i < SLOTS; i++) {
            positions.set(i, UNKNOWN);
            reportedAt.set(i, longAgo);
            evictedAt[i] = longAgo;
            clearedAt.set(i, longAgo);
            forgottenAt[i] = longAgo;
            marks.set(i, 0);
        }
    }

    /** The epoch of the feed; what was learnt in another one is forgotten. Nothing is current until {@link #knownAfter}. */
    public void begin(String feedId) {
        known = false;
        now.set(new AsOf(-1, 0, feedId));
        synchronized (reported) {
            synchronized (evicted) {
                reported.clear();
                forget();
            }
        }
    }

    /** The feed id of what this replica knows. */
    public String epoch() {
        return now().epoch();
    }

    /** What a value includes that is read after this call. */
    public AsOf now() {
        return Objects.requireNonNull(now.get());
    }

    /** From now on all changes after this position are known, earlier ones only if reported. */
    public void knownAfter(long after) {
        for (int i = 0; i < SLOTS; i++) {
            positions.accumulateAndGet(i, after, (entry, given) -> entry == UNKNOWN ? given : entry);
        }
        knownAt = System.nanoTime();
        known = true;
    }

    /** The feed reports a change under the tag. */
    public void changed(CacheTag tag, long at) {
        int slot = slot(tag);
        positions.accumulateAndGet(slot, at, (entry, given) -> entry == UNKNOWN ? given : Math.max(entry, given));
        reportedAt.set(slot, System.nanoTime());
    }

    /** The same, with the new version. */
    public void changed(CacheTag tag, long at, long version) {
        synchronized (reported) {
            reported.merge(
                    tag,
                    new Reported(version, at, System.nanoTime()),
                    (entry, given) -> given.position > entry.position ? given : entry);
        }
        changed(tag, at);
    }

    /** The feed has reported everything up to this position. */
    public void reached(long upTo) {
        now.updateAndGet(before -> upTo <= before.position() ? before : new AsOf(upTo, before.mark(), before.epoch()));
    }

    /** A transaction with this id has made a change under the tag. Transactions do not commit in the order of their ids. */
    public void noticed(CacheTag tag, long xid) {
        int slot = slot(tag);
        marks.accumulateAndGet(slot, xid, Math::max);
        reportedAt.set(slot, System.nanoTime());
    }

    /** All notices of transactions with lower ids were reported. */
    void noticedBelow(long xid) {
        now.updateAndGet(before -> xid <= before.mark() ? before : new AsOf(before.position(), xid, before.epoch()));
    }

    /**
     * This replica has changed the entries, or has to read them again: values that were read before are not current, and no other
     * level is asked.
     */
    public void clear(CacheTag tag) {
        clearedAt.set(slot(tag), System.nanoTime());
    }

    /** Whether a value includes all known changes, whoever has read it. */
    public boolean isCurrent(CacheTag tag, long version, AsOf asOf) {
        int slot = slot(tag);
        if (!known || !asOf.epoch().equals(epoch()) || asOf.mark() <= marks.get(slot)) {
            return false;
        }
        long last = positions.get(slot);
        return asOf.position() >= last || isReported(tag, version, last);
    }

    /** The same for a value that this replica began to read at {@code readAt}. */
    public boolean isCurrent(CacheTag tag, LocalEntry entry) {
        if (!known || entry.readAt() - knownAt < 0) {
            return false;
        }
        int slot = slot(tag);
        return isSince(slot, entry.readAt())
                || (entry.readAt() - clearedAt.get(slot) >= 0
                        && isCurrent(tag, entry.entry().version(), entry.asOf()));
    }

    /** Whether this replica has learnt of no change since it began to read at that time. */
    public boolean isSince(CacheTag tag, long readAt) {
        return isSince(slot(tag), readAt);
    }

    private boolean isSince(int slot, long readAt) {
        return readAt - reportedAt.get(slot) >= 0 && readAt - clearedAt.get(slot) >= 0;
    }

    /** An entry was evicted for lack of room. If it was read a moment ago, it may be newer than what the feed has reported. */
    public void evicted(CacheTag tag, LocalEntry entry) {
        if (isSettled(entry.readAt())) {
            return;
        }
        int slot = slot(tag);
        synchronized (evicted) {
            evicted[slot] = Math.max(entry.entry().version(), isSettled(evictedAt[slot]) ? 0 : evicted[slot]);
            evictedAt[slot] = System.nanoTime();
        }
    }

    /** Whether a reader may have seen a newer version here. */
    public boolean isOlderThanSeen(CacheTag tag, long version) {
        int slot = slot(tag);
        synchronized (evicted) {
            return version < evicted[slot] && !isSettled(evictedAt[slot]);
        }
    }

    /** Whether this replica has made a change that the feed may not have reported yet: then only PostgreSQL is asked. */
    public boolean isUnsettled(CacheTag tag) {
        return !isSettled(clearedAt.get(slot(tag)));
    }

    private static boolean isSettled(long time) {
        return System.nanoTime() - time >= SETTLED;
    }

    /** Whether the feed has reported a newer version, or may have done so just before. */
    public boolean isOutdated(CacheTag tag, long version) {
        synchronized (reported) {
            var known = reported.get(tag);
            return known == null ? !isSettled(forgottenAt[slot(tag)]) : known.version > version;
        }
    }

    private boolean isReported(CacheTag tag, long version, long last) {
        synchronized (reported) {
            var known = reported.get(tag);
            return known != null && known.position == last && version >= known.version;
        }
    }

    private static int slot(CacheTag tag) {
        int hash = 31 * tag.kind().hashCode() + tag.subject().hashCode();
        return (hash * 0x9E3779B9) >>> 16;
    }
}

package org.pmsevents.cache.version;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.LocalEntry;

/**
 * What this replica knows of what has changed: for each tag the position of its last change, and so of every entry, wherever it comes
 * from, whether it has seen that. An entry is not removed when it goes out of date, it just is not current any more; so nothing has to
 * reach it, a change costs one number, and a message that is lost, a Redis that is emptied or a pause can't leave it standing.
 *
 * <p>Bounded: tags share slots by their hash, so that now and then an entry is read anew for the change of another.
 */
@ApplicationScoped
public class TagVersions {
    private static final int SLOTS = 1 << 16;
    private static final int REMEMBERED = 10_000;

    /** Of what this replica has not looked at yet. */
    private static final long UNKNOWN = Long.MAX_VALUE;

    /** After this the feed has told of what was committed before, or the cache is not trusted at all. */
    private static final long SETTLED = Duration.ofSeconds(5).toNanos();

    private final AtomicLongArray positions = new AtomicLongArray(SLOTS);
    private final AtomicLongArray marks = new AtomicLongArray(SLOTS);

    /** When this replica was last told of a change, and when it last made or saw one by itself, by {@link System#nanoTime}. */
    private final AtomicLongArray toldAt = new AtomicLongArray(SLOTS);

    private final AtomicLongArray clearedAt = new AtomicLongArray(SLOTS);
    /** The newest version of what has fallen out of the process lately, and when that was. */
    private final long[] fallen = new long[SLOTS];

    private final long[] fallenAt = new long[SLOTS];
    private volatile long knownAt;
    private volatile boolean known;
    private volatile long position = -1;
    private volatile long mark;

    /**
     * The version of each of the last changes, so that what has that version needs not be read again for its own event, and so that the
     * value of an earlier change does not take its place. By last use, and no Caffeine: that evicts by how often, and so would first forget
     * what has just changed. Whatever is forgotten all the same leaves {@link #forgottenAt} behind, under the same lock.
     */
    private final Map<CacheTag, Told> told = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<CacheTag, Told> eldest) {
            boolean isFull = size() > REMEMBERED;
            if (isFull && !isSettled(eldest.getValue().at)) {
                forgottenAt[slot(eldest.getKey())] = System.nanoTime();
            }
            return isFull;
        }
    };

    /** When a change was forgotten here of which the feed had told just before. */
    private final long[] forgottenAt = new long[SLOTS];

    private record Told(long version, long position, long at) {}

    public TagVersions() {
        long longAgo = System.nanoTime() - SETTLED;
        for (int i = 0; i < SLOTS; i++) {
            positions.set(i, UNKNOWN);
            toldAt.set(i, longAgo);
            fallenAt[i] = longAgo;
            clearedAt.set(i, longAgo);
            forgottenAt[i] = longAgo;
        }
    }

    /** What a value has seen that is read after this. */
    public AsOf now() {
        return new AsOf(position, mark);
    }

    /** All changes after this position are known, those before only if told. */
    public void knownAfter(long floor) {
        for (int i = 0; i < SLOTS; i++) {
            positions.accumulateAndGet(i, floor, (entry, given) -> entry == UNKNOWN ? given : entry);
        }
        knownAt = System.nanoTime();
        known = true;
    }

    /** The feed tells that this has changed. */
    public void changed(CacheTag tag, long at) {
        int slot = slot(tag);
        positions.accumulateAndGet(slot, at, (entry, given) -> entry == UNKNOWN ? given : Math.max(entry, given));
        toldAt.set(slot, System.nanoTime());
    }

    /** The same, with the version that it has now. */
    public void changed(CacheTag tag, long at, long version) {
        synchronized (told) {
            told.merge(
                    tag,
                    new Told(version, at, System.nanoTime()),
                    (entry, given) -> given.position > entry.position ? given : entry);
        }
        changed(tag, at);
    }

    /** All that the feed tells up to here has been told to this. */
    public void reached(long upTo) {
        position = Math.max(position, upTo);
    }

    /** A transaction with this id has changed what is under the tag; not always the highest id is the last that is committed. */
    public void noticed(CacheTag tag, long xid) {
        int slot = slot(tag);
        marks.accumulateAndGet(slot, xid, Math::max);
        toldAt.set(slot, System.nanoTime());
    }

    /** All notices of transactions with lower ids have been told to this. */
    void noticedBelow(long xid) {
        mark = Math.max(mark, xid);
    }

    /** This replica has changed it, or has to read it anew: whatever was read before is not current, and no other level is asked. */
    public void clear(CacheTag tag) {
        clearedAt.set(slot(tag), System.nanoTime());
    }

    /** Whether a value has seen all changes that are known, whoever has read it. */
    public boolean isCurrent(CacheTag tag, long version, AsOf asOf) {
        int slot = slot(tag);
        if (!known || asOf.mark() <= marks.get(slot)) {
            return false;
        }
        long last = positions.get(slot);
        return asOf.position() >= last || isTold(tag, version, last);
    }

    /** The same for one that this replica has begun to read at that time. */
    public boolean isCurrent(CacheTag tag, LocalEntry entry) {
        if (!known || entry.readAt() - knownAt < 0) {
            return false;
        }
        int slot = slot(tag);
        return isSince(slot, entry.readAt())
                || (entry.readAt() - clearedAt.get(slot) >= 0
                        && isCurrent(tag, entry.entry().version(), entry.asOf()));
    }

    /** Whether this replica has heard of no change since it began to read at that time. */
    public boolean isSince(CacheTag tag, long readAt) {
        return isSince(slot(tag), readAt);
    }

    private boolean isSince(int slot, long readAt) {
        return readAt - toldAt.get(slot) >= 0 && readAt - clearedAt.get(slot) >= 0;
    }

    /** What was here has fallen out for want of room: if it was read just now, it may be newer than what the feed has told. */
    public void fallen(CacheTag tag, LocalEntry entry) {
        if (isSettled(entry.readAt())) {
            return;
        }
        int slot = slot(tag);
        synchronized (fallen) {
            fallen[slot] = Math.max(entry.entry().version(), isSettled(fallenAt[slot]) ? 0 : fallen[slot]);
            fallenAt[slot] = System.nanoTime();
        }
    }

    /** Whether somebody may have seen a newer one here. */
    public boolean isOlderThanSeen(CacheTag tag, long version) {
        int slot = slot(tag);
        synchronized (fallen) {
            return version < fallen[slot] && !isSettled(fallenAt[slot]);
        }
    }

    /** Whether something was changed here of which the feed may not have told yet: then only PostgreSQL is asked. */
    public boolean isUnsettled(CacheTag tag) {
        return !isSettled(clearedAt.get(slot(tag)));
    }

    private static boolean isSettled(long time) {
        return System.nanoTime() - time >= SETTLED;
    }

    /** Whether the feed has told of a newer version, or may have done so just before. */
    public boolean isOutdated(CacheTag tag, long version) {
        synchronized (told) {
            var known = told.get(tag);
            return known == null ? !isSettled(forgottenAt[slot(tag)]) : known.version > version;
        }
    }

    private boolean isTold(CacheTag tag, long version, long last) {
        synchronized (told) {
            var known = told.get(tag);
            return known != null && known.position == last && version >= known.version;
        }
    }

    private static int slot(CacheTag tag) {
        int hash = 31 * tag.kind().hashCode() + tag.subject().hashCode();
        return (hash * 0x9E3779B9) >>> 16;
    }
}

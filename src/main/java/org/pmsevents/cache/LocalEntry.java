package org.pmsevents.cache;

/**
 * An entry in the process.
 *
 * @param readAt when reading it was begun, by {@link System#nanoTime}
 * @param goodUntil when it expires, by the same
 */
public record LocalEntry(CacheEntry entry, AsOf asOf, long readAt, long goodUntil) {

    public boolean isExpired() {
        return System.nanoTime() - goodUntil > 0;
    }

    public long age() {
        return System.nanoTime() - readAt;
    }
}

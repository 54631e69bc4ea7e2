package org.pmsevents.cache;

/**
 * An entry in the process.
 *
 * @param readAt when the read began, by {@link System#nanoTime}
 * @param expiresAt when the entry expires, by {@link System#nanoTime}
 */
public record LocalEntry(CacheEntry entry, AsOf asOf, long readAt, long expiresAt) {

    public boolean isExpired() {
        return System.nanoTime() - expiresAt > 0;
    }

    public long age() {
        return System.nanoTime() - readAt;
    }
}

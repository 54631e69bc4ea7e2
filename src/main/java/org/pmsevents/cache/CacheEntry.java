package org.pmsevents.cache;

/**
 * A cached value, or the knowledge that there is none.
 *
 * @param version of what is cached, from 1; an older one never replaces a newer one. 0 where there is nothing
 * @param json the value as JSON text; where there is nothing, why
 */
public record CacheEntry(long version, String json) {
    private static final long ABSENT = 0;
    private static final long UNVERSIONED = -1;

    /** There is nothing, for a reason that the {@link CacheSource} understands. */
    public static CacheEntry absent(String why) {
        return new CacheEntry(ABSENT, why);
    }

    /** A value that has no version of its own, such as a list: the cache gives it one. */
    public static CacheEntry unversioned(String json) {
        return new CacheEntry(UNVERSIONED, json);
    }

    public boolean isAbsent() {
        return version == ABSENT;
    }

    /** What was read later has seen no less of the feed. */
    public CacheEntry asOf(AsOf asOf) {
        return version == UNVERSIONED ? new CacheEntry(asOf.position() + 2, json) : this;
    }
}

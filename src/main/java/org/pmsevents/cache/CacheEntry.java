package org.pmsevents.cache;

/**
 * A cached value, or the fact that it does not exist.
 *
 * @param version of the value, from 1; an older version never replaces a newer one. 0 if it does not exist
 * @param json the value as JSON text; the reason if it does not exist
 */
public record CacheEntry(long version, String json) {
    private static final long ABSENT = 0;
    private static final long UNVERSIONED = -1;

    /** An entry for a value that does not exist, with a reason that the {@link CacheSource} defines. */
    public static CacheEntry absent(String why) {
        return new CacheEntry(ABSENT, why);
    }

    /** A value without a version of its own, such as a list; {@link #asOf} gives it one. */
    public static CacheEntry unversioned(String json) {
        return new CacheEntry(UNVERSIONED, json);
    }

    public boolean isAbsent() {
        return version == ABSENT;
    }

    /** Gives an unversioned value a version by its position: a later read includes at least as much of the feed. */
    public CacheEntry asOf(AsOf asOf) {
        return version == UNVERSIONED ? new CacheEntry(asOf.position() + 2, json) : this;
    }
}

package org.pmsevents.cache;

/**
 * A cached value.
 *
 * @param version of what is cached; an older one never replaces a newer one
 * @param json the value as JSON text
 */
public record CacheEntry(long version, String json) {}

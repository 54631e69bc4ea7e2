package org.pmsevents.cache;

import org.pmsevents.cache.version.Notices;

/**
 * What a value is known to include; comparable on all replicas.
 *
 * @param position it includes all changes of the feed up to this position
 * @param mark it includes all {@link Notices} of transactions with a lower id
 */
public record AsOf(long position, long mark) {}

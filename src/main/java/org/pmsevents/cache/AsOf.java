package org.pmsevents.cache;

/**
 * What a value is known to include; comparable on all replicas.
 *
 * @param position it includes all changes of the feed up to this position
 * @param mark it includes all {@code Notices} of transactions with a lower id
 */
public record AsOf(long position, long mark) {}

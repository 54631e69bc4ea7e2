package org.pmsevents.cache;

/**
 * How much a value has seen, the same on all replicas.
 *
 * @param position it has seen all changes that the feed tells of up to here
 * @param mark it has seen all {@code Notices} of transactions with a lower id than this
 */
public record AsOf(long position, long mark) {}

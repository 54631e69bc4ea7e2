package org.pmsevents.cache;

/**
 * What a value is known to include; comparable on all replicas, within one epoch.
 *
 * @param position it includes all changes of the feed up to this position
 * @param mark it includes all {@code Notices} of transactions with a lower id
 * @param epoch the feed id; empty before the feed is joined
 */
public record AsOf(long position, long mark, String epoch) {
    /** Before the feed is joined. */
    public AsOf(long position, long mark) {
        this(position, mark, "");
    }
}

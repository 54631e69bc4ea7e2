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

    /** Whether it names a position at all: not before the feed is joined. */
    public boolean isKnown() {
        return position >= 0 && !epoch.isEmpty();
    }

    /** The more of two that one value is known to include; this one if they are of different epochs. */
    public AsOf orLater(AsOf other) {
        return other.epoch.equals(epoch) && other.position > position ? other : this;
    }
}

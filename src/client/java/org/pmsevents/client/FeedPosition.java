package org.pmsevents.client;

/**
 * A place in the feed. Positions can be compared within an epoch only: another epoch is another history.
 *
 * @param position of the last event that has been seen; 0 is before the first
 */
public record FeedPosition(String epoch, long position) {

    /** Parses {@code <epoch>:<position>}, as in {@code Feed-Position} and in the ids of server-sent events. */
    public static FeedPosition parse(String text) {
        int colon = text.lastIndexOf(':');
        return new FeedPosition(text.substring(0, colon), Long.parseLong(text.substring(colon + 1)));
    }

    @Override
    public String toString() {
        return epoch + ":" + position;
    }
}

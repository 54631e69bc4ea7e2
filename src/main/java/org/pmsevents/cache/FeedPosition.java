package org.pmsevents.cache;

import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/**
 * A lower bound of what an answer has seen: it includes every event of the epoch up to the position. Whoever follows the feed from
 * there misses nothing; what comes twice is recognised by its version.
 */
public record FeedPosition(String epoch, long position) {
    private static final String HEADER = "Feed-Position";

    /** Sends the position, if there is one, with a response. */
    public static Response.ResponseBuilder marked(Response.ResponseBuilder response, @Nullable FeedPosition seen) {
        return seen == null ? response : response.header(HEADER, seen);
    }

    /**
     * What an answer has seen that is made of two, null meaning that it is unknown: the less of both, and nothing if they belong to
     * different epochs.
     */
    public static @Nullable FeedPosition both(@Nullable FeedPosition one, @Nullable FeedPosition other) {
        if (one == null || other == null || !one.epoch.equals(other.epoch)) {
            return null;
        }
        return one.position <= other.position ? one : other;
    }

    /** The spelling in the header, which is also that of the ids of streams: {@code <epoch>:<position>}. */
    @Override
    public String toString() {
        return epoch + ":" + position;
    }
}

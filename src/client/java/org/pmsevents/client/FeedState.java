package org.pmsevents.client;

import java.time.Duration;

/**
 * What a feed is doing.
 *
 * @param position while following, the place from which it follows; otherwise null
 * @param retryIn after a loss, the time until the next attempt; otherwise null
 * @param detail why the connection was lost; otherwise null
 */
public record FeedState(Kind kind, FeedPosition position, Duration retryIn, String detail) {
    /** Connecting; subscribed; waiting for the next attempt. */
    public enum Kind {
        CONNECTING,
        FOLLOWING,
        LOST
    }

    static FeedState connecting() {
        return new FeedState(Kind.CONNECTING, null, null, null);
    }

    static FeedState following(FeedPosition position) {
        return new FeedState(Kind.FOLLOWING, position, null, null);
    }

    static FeedState lost(Duration retryIn, String detail) {
        return new FeedState(Kind.LOST, null, retryIn, detail);
    }
}

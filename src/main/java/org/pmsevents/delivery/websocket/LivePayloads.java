package org.pmsevents.delivery.websocket;

import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;

/** Holds the payload of the batch that is being broadcast, for the connections that are live. On the feed's context. */
@Singleton
class LivePayloads {
    private @Nullable LivePayload broadcast;

    void begin(LivePayload payload) {
        broadcast = payload;
    }

    /** The shared payload of the batch that is being broadcast; one of its own for any other, such as a replay's. */
    LivePayload of(FeedBatch batch) {
        var shared = broadcast;
        return shared != null && shared.batch() == batch ? shared : new LivePayload(batch);
    }

    void end() {
        broadcast = null;
    }
}

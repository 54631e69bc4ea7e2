package org.pmsevents.delivery.websocket;

import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;

/** Holds the payload of the batch that is being broadcast to the live connections. Used on the feed's context only. */
@Singleton
class LivePayloads {
    private @Nullable LivePayload broadcast;

    void begin(LivePayload payload) {
        broadcast = payload;
    }

    /** The shared payload, if this batch is being broadcast; a new payload for any other batch, such as one of a replay. */
    LivePayload of(FeedBatch batch) {
        var shared = broadcast;
        return shared != null && shared.batch() == batch ? shared : new LivePayload(batch);
    }

    void end() {
        broadcast = null;
    }
}

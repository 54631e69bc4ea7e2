package org.pmsevents.client;

import com.fasterxml.jackson.databind.JsonNode;

/** What a {@link Feed} brings. */
public sealed interface FeedMessage {

    /** An event, each once and in the order of positions. */
    record Event(JsonNode json) implements FeedMessage {
        /** Such as {@code product.created}. */
        public String type() {
            return json.path("type").asText();
        }

        public JsonNode payload() {
            return json.path("payload");
        }

        /** What the event is about, such as a SKU. */
        public String subject() {
            return json.path("metadata").path("subject").asText();
        }

        /** The place in the feed; 0 for events that are not stored, such as {@code queue.new}. */
        public long position() {
            return json.path("metadata").path("position").longValue();
        }
    }

    /**
     * Events are missing here: the position is no longer stored or has never been, or another epoch has begun. Read the state anew. What
     * follows begins at {@code head}.
     *
     * @param epoch of the positions from here on
     * @param oldest the first event that is stored
     */
    record Reset(String epoch, long oldest, long head) implements FeedMessage {}
}

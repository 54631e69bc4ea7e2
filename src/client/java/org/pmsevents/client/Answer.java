package org.pmsevents.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * A successful answer.
 *
 * @param body a missing node if there is none; numbers keep their digits
 */
public record Answer(int status, HttpHeaders headers, JsonNode body) {

    /** The version of a product, for {@code If-Match}. */
    public Optional<String> etag() {
        return headers.firstValue("ETag");
    }

    /** A lower bound of the events that the answer has seen; empty if the replica does not know it at this moment. */
    public Optional<FeedPosition> feedPosition() {
        return headers.firstValue("Feed-Position").map(FeedPosition::parse);
    }
}

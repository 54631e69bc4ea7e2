package org.pmsevents.event;

import java.util.List;

/**
 * What a replica hands out at a time: every event of the feed after the batch before it.
 *
 * @param events in position order
 * @param upTo the position reached; later than the last event's if this version does not know the type of what follows
 */
public record FeedBatch(List<FeedEvent> events, long upTo) {}

package org.pmsevents.event;

import java.util.List;

/**
 * Consecutive events of the feed that a replica dispatches together: all that follow the previous batch.
 *
 * @param events in position order
 * @param upTo the position reached. Higher than the last event's if events of types unknown to this version follow
 */
public record FeedBatch(List<FeedEvent> events, long upTo) {}

package org.pmsevents.event;

/**
 * An event that has its position, with its wire form, which is encoded once for all receivers.
 *
 * @param json the event as JSON text on one line
 */
public record FeedEvent(long position, EventMessage message, String json) {}

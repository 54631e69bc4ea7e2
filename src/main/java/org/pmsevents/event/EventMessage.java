package org.pmsevents.event;

/**
 * An event, the same in the database, on the EventBus, in Redis and on the wire.
 *
 * @param payload JSON text, kept as text so that decimals keep all their digits
 */
public record EventMessage(EventType type, String payload, EventMetadata metadata) {

    public String subject() {
        return metadata.subject();
    }

    EventMessage at(long position) {
        return new EventMessage(
                type,
                payload,
                new EventMetadata(
                        metadata.timestamp(),
                        metadata.actor(),
                        metadata.traceId(),
                        metadata.id(),
                        metadata.subject(),
                        position));
    }
}

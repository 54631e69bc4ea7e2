package org.pmsevents.event.feed;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import org.pmsevents.event.EventMessage;

/** Passes events over the local EventBus as shared references, which is safe because they are immutable. */
final class LocalEventCodec implements MessageCodec<EventMessage, EventMessage> {
    static final String NAME = "event";

    @Override
    public EventMessage transform(EventMessage event) {
        return event;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public byte systemCodecID() {
        return -1;
    }

    @Override
    public void encodeToWire(Buffer buffer, EventMessage event) {
        throw new IllegalStateException("events leave this replica by Redis only");
    }

    @Override
    public EventMessage decodeFromWire(int position, Buffer buffer) {
        throw new IllegalStateException("events reach this replica by Redis only");
    }
}

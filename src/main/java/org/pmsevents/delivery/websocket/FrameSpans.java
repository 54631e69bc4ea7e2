package org.pmsevents.delivery.websocket;

import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventSpans;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * One span for each event and replica, if anybody here is sent a frame of it: from the first frame until all have theirs. A span a frame
 * would be thousands where thousands listen. Everything on the feed's context.
 */
@Singleton
class FrameSpans {
    private static final int OF_ONE_BATCH = 100;

    private final EventSpans spans;
    private final Tracing tracing;
    private @Nullable Map<UUID, Frames> batch;

    private static final class Frames {
        private final Span span;
        private long count;

        Frames(Span span) {
            this.span = span;
        }
    }

    FrameSpans(EventSpans spans, Tracing tracing) {
        this.spans = spans;
        this.tracing = tracing;
    }

    /** What is sent from now on is live, not a replay at a subscriber's own pace. */
    void begin() {
        batch = tracing.isOn() ? new HashMap<>() : null;
    }

    /** One more connection has been given the event. */
    void sent(EventMessage event) {
        var frames = batch;
        if (frames != null && tracing.records(event.metadata().traceId())) {
            var id = event.metadata().id();
            if (frames.containsKey(id) || frames.size() < OF_ONE_BATCH) {
                frames.computeIfAbsent(id, first -> new Frames(spans.start(Kind.PRODUCER, "websocket", event))).count++;
            }
        }
    }

    void end() {
        if (batch != null) {
            batch.values()
                    .forEach(frames -> frames.span
                            .with("pms.websocket.connections", frames.count)
                            .end());
            batch = null;
        }
    }
}

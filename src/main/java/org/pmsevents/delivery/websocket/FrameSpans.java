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
 * Records one span per event and replica, from the first frame of the event to the last. One span per frame would be thousands for
 * thousands of connections. Used on the feed's context only.
 */
@Singleton
class FrameSpans {
    private static final int MAX_PER_BATCH = 100;

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

    /** Begins a live batch. Replays, which subscribers read at their own pace, are not recorded. */
    void begin() {
        batch = tracing.isOn() ? new HashMap<>() : null;
    }

    /** Counts a connection that receives the event. */
    void sent(EventMessage event) {
        var frames = batch;
        if (frames != null && tracing.records(event.metadata().traceId())) {
            var id = event.metadata().id();
            if (frames.containsKey(id) || frames.size() < MAX_PER_BATCH) {
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

package org.pmsevents.delivery.websocket;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;

/**
 * What a batch of the feed is on the wire. Connections that are sent the same events of it share the frames, which are made for the
 * first of them, so that however many subscribers listen to the same, the events are joined once. On the feed's context.
 */
final class LivePayload {
    private final FeedBatch batch;
    private final Map<BitSet, Part> parts = new HashMap<>();

    LivePayload(FeedBatch batch) {
        this.batch = batch;
    }

    /** Some events of the batch, as one frame each or joined. */
    static final class Part {
        private final List<Frame> single;
        private @Nullable List<Frame> joined;

        private Part(List<Frame> single) {
            this.single = single;
        }

        List<Frame> single() {
            return single;
        }

        List<Frame> joined() {
            var frames = joined;
            if (frames == null) {
                frames = Frame.join(single.stream().map(Frame::text).toList());
                joined = frames;
            }
            return frames;
        }
    }

    FeedBatch batch() {
        return batch;
    }

    /** The events at these places of the batch. */
    Part part(BitSet places) {
        return parts.computeIfAbsent(places, this::make);
    }

    private Part make(BitSet places) {
        var frames = new ArrayList<Frame>(places.cardinality());
        places.stream().forEach(place -> frames.add(Frame.of(batch.events().get(place).json())));
        return new Part(List.copyOf(frames));
    }
}

package org.pmsevents.delivery.websocket;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;

/**
 * The frames of a batch of the feed. Connections that receive the same events of it share the frames, which are created for the first
 * connection. So events are joined once, for any number of connections. Used on the feed's context only.
 */
final class LivePayload {
    private final FeedBatch batch;
    private final Map<BitSet, Part> parts = new HashMap<>();

    LivePayload(FeedBatch batch) {
        this.batch = batch;
    }

    /** Some events of the batch, as one frame each or as joined frames. */
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

    /** The frames of the events at these indexes of the batch. */
    Part part(BitSet places) {
        return parts.computeIfAbsent(places, this::make);
    }

    private Part make(BitSet places) {
        var frames = new ArrayList<Frame>(places.cardinality());
        places.stream()
                .forEach(place -> frames.add(Frame.of(batch.events().get(place).json())));
        return new Part(List.copyOf(frames));
    }
}

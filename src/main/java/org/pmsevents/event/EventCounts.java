package org.pmsevents.event;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the events of each type that this replica published first, so that the sum over all replicas counts each event once. FEED
 * events are counted by the replica that gave them their positions, the others by the replica that emitted them.
 */
@Singleton
public class EventCounts {
    private final LongAdder[] counts = new LongAdder[EventType.values().length];

    EventCounts(MeterRegistry meters) {
        Arrays.setAll(counts, type -> new LongAdder());
        for (var type : EventType.values()) {
            FunctionCounter.builder("pms.events.emitted", counts[type.ordinal()], LongAdder::doubleValue)
                    .description("events that this replica published first")
                    .tag("type", type.wireName())
                    .register(meters);
        }
    }

    /** The number of events since the start of the replica. */
    public long count(EventType type) {
        return counts[type.ordinal()].sum();
    }

    public void add(EventType type) {
        counts[type.ordinal()].increment();
    }
}

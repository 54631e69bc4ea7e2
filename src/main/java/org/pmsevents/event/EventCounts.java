package org.pmsevents.event;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many events of each type this replica has told first, so that the sum over all replicas counts each once: those of the feed
 * where they were given their positions, the others where they were emitted.
 */
@Singleton
public class EventCounts {
    private final LongAdder[] counts = new LongAdder[EventType.values().length];

    EventCounts(MeterRegistry meters) {
        Arrays.setAll(counts, type -> new LongAdder());
        for (var type : EventType.values()) {
            FunctionCounter.builder("pms.events.emitted", counts[type.ordinal()], LongAdder::doubleValue)
                    .description("events that this replica has told first")
                    .tag("type", type.wireName())
                    .register(meters);
        }
    }

    /** How many since the start. */
    public long count(EventType type) {
        return counts[type.ordinal()].sum();
    }

    public void add(EventType type) {
        counts[type.ordinal()].increment();
    }
}

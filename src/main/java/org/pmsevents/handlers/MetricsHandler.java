package org.pmsevents.handlers;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import org.pmsevents.event.EventMessage;

/** Measures how long an event of the feed is on its way from its emission to the handlers of this replica. */
@ApplicationScoped
public class MetricsHandler {
    private final MeterRegistry meters;
    private final Clock clock;

    MetricsHandler(MeterRegistry meters, Clock clock) {
        this.meters = meters;
        this.clock = clock;
    }

    Uni<Void> measureDelay(EventMessage event) {
        Timer.builder("pms.feed.delay")
                .description("from the emission of an event to the handlers of this replica")
                .publishPercentileHistogram()
                .register(meters)
                .record(Duration.between(event.metadata().timestamp(), clock.instant()));
        return Uni.createFrom().voidItem();
    }
}

package org.pmsevents.wiring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import org.pmsevents.event.EventMessage;
import org.pmsevents.metrics.request.RequestMeasured;
import org.pmsevents.metrics.request.RequestStats;

/** Measures what only the events tell: how long those of the feed are on their way to the handlers of this replica, and how its requests did. */
@ApplicationScoped
public class MetricsHandler {
    private final RequestStats requests;
    private final Timer delay;
    private final Clock clock;

    MetricsHandler(RequestStats requests, MeterRegistry meters, Clock clock) {
        this.requests = requests;
        this.clock = clock;
        this.delay = Timer.builder("pms.feed.delay")
                .description("from the emission of an event to the handlers of this replica")
                .publishPercentileHistogram()
                .register(meters);
    }

    Uni<Void> measureDelay(EventMessage event) {
        delay.record(Duration.between(event.metadata().timestamp(), clock.instant()));
        return Uni.createFrom().voidItem();
    }

    /** With every request, on its thread. */
    void updateStats(RequestMeasured request) {
        requests.add(request);
    }
}

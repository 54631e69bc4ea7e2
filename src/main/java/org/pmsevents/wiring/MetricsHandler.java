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

/** Measures the delay of FEED events until the handlers of this replica get them, and collects the statistics of its requests. */
@ApplicationScoped
public class MetricsHandler {
    private final RequestStats requests;
    private final Timer delay;
    private final Clock clock;

    MetricsHandler(RequestStats requests, MeterRegistry meters, Clock clock) {
        this.requests = requests;
        this.clock = clock;
        this.delay = Timer.builder("pms.feed.delay")
                .description("time from the emission of an event until the handlers of this replica get it")
                .publishPercentileHistogram()
                .register(meters);
    }

    Uni<Void> measureDelay(EventMessage event) {
        delay.record(Duration.between(event.metadata().timestamp(), clock.instant()));
        return Uni.createFrom().voidItem();
    }

    /** Called for every request, on its thread. */
    void updateStats(RequestMeasured request) {
        requests.add(request);
    }
}

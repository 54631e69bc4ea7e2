package org.pmsevents.wiring;

import static org.pmsevents.event.EventType.ERROR_INTEGRATION;
import static org.pmsevents.event.EventType.ERROR_SYSTEM;
import static org.pmsevents.event.EventType.ERROR_VALIDATION;
import static org.pmsevents.event.EventType.WS_ERROR;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;

/** Counts error events of the whole cluster, by type. */
@Startup
@ApplicationScoped
public class ErrorHandler {
    private final MeterRegistry meters;

    ErrorHandler(MeterRegistry meters) {
        this.meters = meters;
        // registered at the start, so that the first error shows as an increase
        List.of(ERROR_VALIDATION, ERROR_INTEGRATION, ERROR_SYSTEM, WS_ERROR).forEach(this::counter);
    }

    Uni<Void> count(EventMessage event) {
        counter(event.type()).increment();
        return Uni.createFrom().voidItem();
    }

    private Counter counter(EventType type) {
        return meters.counter("pms.errors", "type", type.wireName());
    }
}

package org.pmsevents.handlers;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.event.EventMessage;

/** Counts what goes wrong anywhere in the cluster, by kind. */
@ApplicationScoped
public class ErrorHandler {
    private final MeterRegistry meters;

    ErrorHandler(MeterRegistry meters) {
        this.meters = meters;
    }

    Uni<Void> count(EventMessage event) {
        meters.counter("pms.errors", "type", event.type().wireName()).increment();
        return Uni.createFrom().voidItem();
    }
}

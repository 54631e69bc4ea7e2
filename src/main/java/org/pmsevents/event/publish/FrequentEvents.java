package org.pmsevents.event.publish;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventCounts;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.periodic.Throttle;

/**
 * Events of scope LOCAL that come with every request, too often to make a message of each: their handlers are called on the spot with the
 * payload as it is, and there is a message, with its JSON, only while somebody listens.
 */
@Singleton
public class FrequentEvents {
    private static final Logger LOG = Logger.getLogger(FrequentEvents.class);

    private final EventPublisher publisher;
    private final EventCounts counts;
    private final MeterRegistry meters;
    private final Throttle warnings;
    private final Handler[][] handlers = new Handler[EventType.values().length][];
    private volatile Predicate<EventType> listened = type -> false;

    private record Handler(String name, Consumer<Object> work) {}

    FrequentEvents(EventPublisher publisher, EventCounts counts, MeterRegistry meters, Clock clock) {
        this.publisher = publisher;
        this.counts = counts;
        this.meters = meters;
        this.warnings = new Throttle(clock, Duration.ofSeconds(10));
        Arrays.fill(handlers, new Handler[0]);
    }

    /** Adds a handler before the first event; it is called on the thread of the request, must be quick, and mustn't block. */
    public <P> void handler(String name, EventType type, Class<P> payload, Consumer<P> work) {
        var added = new Handler(name, told -> work.accept(payload.cast(told)));
        handlers[type.ordinal()] = Stream.concat(Stream.of(handlers[type.ordinal()]), Stream.of(added))
                .toArray(Handler[]::new);
    }

    /** Says how to know whether somebody listens to events of a type. */
    public void listened(Predicate<EventType> by) {
        listened = by;
    }

    /** Tells handlers, and whoever listens; never fails and waits for nobody. */
    public void emit(EventType type, String subject, Object payload, Supplier<RequestContext> context) {
        counts.add(type);
        for (var handler : handlers[type.ordinal()]) {
            try {
                handler.work().accept(payload);
            } catch (RuntimeException e) {
                meters.counter("pms.handler.failures", "handler", handler.name())
                        .increment();
                if (warnings.admits(handler.name())) {
                    LOG.errorf(e, "%s failed on %s", handler.name(), type);
                }
            }
        }
        if (listened.test(type)) {
            publisher.announce(type, subject, payload, context.get());
        }
    }
}

package org.pmsevents.event.publish;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
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
 * Emits LOCAL events that occur with every request, too often to encode each as a message. Handlers are called directly with the payload
 * object. A message with JSON is created only while a client is subscribed to the type.
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

    FrequentEvents(EventPublisher publisher, EventCounts counts, MeterRegistry meters) {
        this.publisher = publisher;
        this.counts = counts;
        this.meters = meters;
        this.warnings = new Throttle(Duration.ofSeconds(10));
        Arrays.fill(handlers, new Handler[0]);
    }

    /** Adds a handler; call before the first event. The handler runs on the thread of the request, must be quick, and must not block. */
    public <P> void handler(String name, EventType type, Class<P> payload, Consumer<P> work) {
        var added = new Handler(name, event -> work.accept(payload.cast(event)));
        handlers[type.ordinal()] = Stream.concat(Stream.of(handlers[type.ordinal()]), Stream.of(added))
                .toArray(Handler[]::new);
    }

    /** Sets the test of whether a client is subscribed to events of a type. */
    public void listened(Predicate<EventType> by) {
        listened = by;
    }

    /** Calls the handlers, and announces the event if a client is subscribed to it. Never waits or fails. */
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

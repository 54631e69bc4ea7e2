package org.pmsevents.event.feed;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.platform.periodic.Throttle;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Passes the feed on this replica, batch by batch in position order, to the ordered consumers, then to the EventBus. Announcements go
 * directly to the EventBus.
 */
@ApplicationScoped
public class Dispatcher {
    /** Timeout of a consumer for one batch or event, and of a read of the feed. */
    public static final Duration CONSUMER_TIMEOUT = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(Dispatcher.class);

    private final EventBus bus;
    private final EventProgress progress;
    private final EventSpans spans;
    private final MeterRegistry meters;
    private final Throttle warnings;
    private final DeliveryOptions byReference = new DeliveryOptions()
            .setLocalOnly(true)
            .setCodecName(LocalEventCodec.NAME)
            .setTracingPolicy(io.vertx.core.tracing.TracingPolicy.IGNORE);
    private final List<Ordered> ordered = new CopyOnWriteArrayList<>();

    private record Ordered(String name, Function<FeedBatch, Uni<Void>> consumer) {}

    Dispatcher(Vertx vertx, EventProgress progress, EventSpans spans, MeterRegistry meters) {
        this.warnings = new Throttle(Duration.ofSeconds(10));
        this.bus = vertx.eventBus();
        this.progress = progress;
        this.spans = spans;
        this.meters = meters;
        // In dev mode the EventBus survives a live reload, with the codec of the previous classes.
        bus.unregisterCodec(LocalEventCodec.NAME);
        bus.registerCodec(new LocalEventCodec());
    }

    /** Registers an ordered consumer: it receives every batch in position order, before the EventBus. It must bound its own work. */
    public void inOrder(String name, Function<FeedBatch, Uni<Void>> consumer) {
        ordered.add(new Ordered(name, consumer));
    }

    /** Dispatches a batch. Completes when every ordered consumer has returned or timed out; never fails. */
    Uni<Void> dispatch(FeedBatch batch) {
        if (ordered.isEmpty()) {
            return Uni.createFrom().voidItem().invoke(() -> toBus(batch));
        }
        var consumed = Uni.join()
                .all(ordered.stream().map(each -> hand(each, batch)).toList())
                .andCollectFailures()
                .replaceWithVoid()
                .invoke(() -> toBus(batch));
        return spans.start(Kind.CONSUMER, "dispatch", batch.events()).until(consumed);
    }

    /** Announces a LOCAL event, or a CLUSTER event that this replica emitted or received. */
    public void announce(EventMessage event) {
        bus.publish(event.type().wireName(), event, byReference);
    }

    private void toBus(FeedBatch batch) {
        batch.events().forEach(event -> bus.publish(event.message().type().wireName(), event.message(), byReference));
        progress.markDispatched(batch.events());
    }

    private Uni<Void> hand(Ordered to, FeedBatch batch) {
        return Uni.createFrom()
                .deferred(() -> to.consumer().apply(batch))
                .ifNoItem()
                .after(CONSUMER_TIMEOUT)
                .fail()
                .onFailure()
                .invoke(failure -> {
                    meters.counter("pms.feed.consumer.failures", "consumer", to.name())
                            .increment();
                    if (warnings.admits(to.name())) {
                        LOG.warnf(
                                "%s failed on the events up to %d, the others continue without it: %s",
                                to.name(), batch.upTo(), failure.toString());
                    }
                })
                .onFailure()
                .recoverWithNull();
    }
}

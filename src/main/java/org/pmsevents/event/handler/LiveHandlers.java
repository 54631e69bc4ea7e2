package org.pmsevents.event.handler;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.SystemError;
import org.pmsevents.event.feed.Dispatcher;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Runs the live handlers of a replica, best effort. The steps for each event: log, secondary handlers, cleanup tasks, metrics,
 * notifications. A failure of a handler is logged, counted and emitted as {@code error.system}, because the EventBus would swallow it.
 */
@ApplicationScoped
public class LiveHandlers {
    private static final TraceLog LOG = TraceLog.of("org.pmsevents.events");
    /** How many events a handler may process at the same time on a replica. Further events are dropped and counted. */
    private static final int BACKLOG = 1_000;

    private final Vertx vertx;
    private final EventPublisher publisher;
    private final EventSpans spans;
    private final int backlog;
    private final MeterRegistry meters;
    private final List<Handler> handlers = new ArrayList<>();
    private final Counter[] handled;
    private final List<MessageConsumer<EventMessage>> consumers = new CopyOnWriteArrayList<>();

    private enum Stage {
        SECONDARY,
        CLEANUP,
        NOTIFICATION
    }

    private record Handler(
            Stage stage,
            String name,
            Collection<EventType> types,
            AtomicInteger underWay,
            Timer timer,
            Counter failures,
            Counter dropped,
            Function<EventMessage, Uni<Void>> work) {}

    @Inject
    LiveHandlers(Vertx vertx, EventPublisher publisher, EventSpans spans, MeterRegistry meters) {
        this(vertx, publisher, spans, BACKLOG, meters);
    }

    LiveHandlers(Vertx vertx, EventPublisher publisher, EventSpans spans, int backlog, MeterRegistry meters) {
        this.vertx = vertx;
        this.publisher = publisher;
        this.spans = spans;
        this.backlog = backlog;
        this.meters = meters;
        this.handled = Arrays.stream(EventType.values())
                .map(type -> meters.counter("pms.events", "type", type.wireName()))
                .toArray(Counter[]::new);
    }

    /** Adds a handler that every replica calls with every event of the types. Events may come late, and are lost in a crash. */
    public void secondary(String name, Collection<EventType> types, Function<EventMessage, Uni<Void>> work) {
        add(Stage.SECONDARY, name, types, work);
    }

    /**
     * Adds a cleanup task. It runs after the secondary handlers of an event, even if they failed. It is never dropped, however many are in
     * progress, and does not appear in traces.
     */
    public void cleanup(String name, Collection<EventType> types, Function<EventMessage, Uni<Void>> work) {
        add(Stage.CLEANUP, name, types, work);
    }

    /** Adds a notification, which runs after the cleanup tasks and metrics of an event. */
    public void notification(String name, Collection<EventType> types, Function<EventMessage, Uni<Void>> work) {
        add(Stage.NOTIFICATION, name, types, work);
    }

    private void add(Stage stage, String name, Collection<EventType> types, Function<EventMessage, Uni<Void>> work) {
        handlers.add(new Handler(
                stage,
                name,
                types,
                new AtomicInteger(),
                meters.timer("pms.handler.work", "handler", name),
                meters.counter("pms.handler.failures", "handler", name),
                meters.counter("pms.handler.dropped", "handler", name),
                work));
    }

    /** Starts to listen on the EventBus. Call once, after all handlers have been added. */
    public void listen() {
        for (var type : EventType.values()) {
            var secondary = of(type, Stage.SECONDARY);
            var cleanups = of(type, Stage.CLEANUP);
            var notifications = of(type, Stage.NOTIFICATION);
            consumers.add(vertx.eventBus()
                    .<EventMessage>localConsumer(
                            type.wireName(), message -> process(message.body(), secondary, cleanups, notifications)));
        }
    }

    /** Needed because Vert.x survives a live reload of dev mode. */
    @PreDestroy
    void stopListening() {
        consumers.forEach(MessageConsumer::unregister);
    }

    private List<Handler> of(EventType type, Stage stage) {
        return handlers.stream()
                .filter(each -> each.stage() == stage && each.types().contains(type))
                .toList();
    }

    private void process(
            EventMessage event, List<Handler> secondary, List<Handler> cleanups, List<Handler> notifications) {
        logEvent(event);
        runAll(secondary, event)
                .chain(() -> runAll(cleanups, event))
                .invoke(() -> updateMetrics(event))
                .chain(() -> runAll(notifications, event))
                .subscribe()
                .with(
                        done -> {},
                        failure -> LOG.errorf(
                                event.metadata(), failure, "processing %s failed outside its handlers", event.type()));
    }

    private static void logEvent(EventMessage event) {
        var level = event.type().family().equals("error") || event.type() == EventType.INVENTORY_ALERT
                ? Logger.Level.INFO
                : Logger.Level.DEBUG;
        if (!LOG.isOn(level)) {
            return;
        }
        var metadata = event.metadata();
        LOG.log(
                level,
                metadata,
                "%s subject=%s actor=%s traceId=%s position=%s id=%s",
                event.type(),
                metadata.subject(),
                metadata.actor(),
                metadata.traceId(),
                metadata.position(),
                metadata.id());
    }

    private void updateMetrics(EventMessage event) {
        handled[event.type().ordinal()].increment();
    }

    private Uni<Void> runAll(List<Handler> handlers, EventMessage event) {
        if (handlers.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var runs = new ArrayList<Uni<Void>>(handlers.size());
        handlers.forEach(handler -> runs.add(guarded(handler, event)));
        return runs.size() == 1
                ? runs.get(0)
                : Uni.join().all(runs).andCollectFailures().replaceWithVoid();
    }

    private Uni<Void> guarded(Handler handler, EventMessage event) {
        boolean cleanup = handler.stage() == Stage.CLEANUP;
        if (handler.underWay().incrementAndGet() > backlog && !cleanup) {
            handler.underWay().decrementAndGet();
            handler.dropped().increment();
            return Uni.createFrom().voidItem();
        }
        var span = cleanup ? Span.NONE : spans.start(Kind.CONSUMER, handler.name(), event);
        long begun = System.nanoTime();
        var work = Uni.createFrom().deferred(() -> handler.work().apply(event)).subscribeAsCompletionStage();
        var ended = Uni.createFrom().completionStage(work);
        // most wait for nothing: they need no timer
        var inTime = work.isDone()
                ? ended
                : ended.ifNoItem().after(Dispatcher.CONSUMER_TIMEOUT).fail();
        return inTime.onFailure()
                .invoke(failure -> {
                    span.failed(failure.getClass().getName());
                    failed(handler, event, failure);
                })
                .onFailure()
                .recoverWithNull()
                .onTermination()
                .invoke(() -> {
                    handler.underWay().decrementAndGet();
                    handler.timer().record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
                    span.end();
                });
    }

    private void failed(Handler handler, EventMessage event, Throwable failure) {
        handler.failures().increment();
        LOG.errorf(
                event.metadata(),
                failure,
                "%s failed on %s %s",
                handler.name(),
                event.type(),
                event.metadata().id());
        if (!event.type().family().equals("error")) {
            publisher.emit(
                    EventType.ERROR_SYSTEM,
                    handler.name(),
                    new SystemError(
                            "handler-failed",
                            handler.name() + " on " + event.type(),
                            failure.getClass().getName()),
                    event.metadata().context());
        }
    }
}

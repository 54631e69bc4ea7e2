package org.pmsevents.event.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Tracing;

/** Secondary handlers, clean-up, metrics and notifications come in this order, and no failure stops what comes after it. */
@QuarkusTest
class LiveHandlersTest {
    @Inject
    Vertx vertx;

    @Inject
    EventPublisher publisher;

    @Inject
    MeterRegistry meters;

    private final String subject = "S" + UUID.randomUUID();
    private final RequestContext context = new RequestContext("ada", TraceId.random());
    private final List<String> done = new CopyOnWriteArrayList<>();
    private final List<EventMessage> errors = new CopyOnWriteArrayList<>();
    private LiveHandlers handlers;
    private MessageConsumer<EventMessage> listener;

    @BeforeEach
    void listen() {
        handlers = new LiveHandlers(vertx, publisher, new EventSpans(Tracing.OFF), meters);
        listener = vertx.eventBus().consumer("error.system", message -> {
            if (message.body().metadata().traceId().equals(context.traceId())) {
                errors.add(message.body());
            }
        });
    }

    @AfterEach
    void stopListening() {
        handlers.stopListening();
        listener.unregister();
    }

    private Uni<Void> does(EventMessage event, String what) {
        return event.subject().equals(subject)
                ? Uni.createFrom().voidItem().invoke(() -> done.add(what))
                : Uni.createFrom().voidItem();
    }

    private void emit(EventType type) {
        publisher.emit(type, subject, "{}", context);
    }

    private double counted(EventType type) {
        return meters.counter("pms.events", "type", type.wireName()).count();
    }

    @Test
    void cleanUpAlwaysRunsAndThenTheMetricsAndTheNotifications() {
        var types = EnumSet.of(EventType.CACHE_WARM);
        handlers.notification("n", types, event -> does(event, "notification"));
        handlers.cleanup("c1", types, event -> does(event, "clean-up"));
        handlers.cleanup("c2", types, event -> {
            throw new IllegalStateException("clean-up fails");
        });
        handlers.secondary("s1", types, event -> does(event, "secondary"));
        handlers.secondary("s2", types, event -> Uni.createFrom().failure(new IllegalStateException("fails")));
        handlers.secondary("s3", types, event -> {
            throw new IllegalStateException("throws");
        });
        handlers.secondary("s4", types, event -> Uni.createFrom().nothing());
        handlers.listen();
        double before = counted(EventType.CACHE_WARM);
        emit(EventType.CACHE_WARM);
        await().until(() -> done.size() == 3);
        assertThat(done).containsExactly("secondary", "clean-up", "notification");
        assertThat(counted(EventType.CACHE_WARM)).isGreaterThan(before);
        await().until(() -> errors.size() == 4);
        assertThat(errors)
                .extracting(error -> error.subject())
                .as("of each failure, one that took too long too")
                .containsExactlyInAnyOrder("c2", "s2", "s3", "s4");
    }

    @Test
    void noCleanUpIsDroppedHoweverManyAreUnderWay() {
        handlers = new LiveHandlers(vertx, publisher, new EventSpans(Tracing.OFF), 1, meters);
        var types = EnumSet.of(EventType.CACHE_WARM);
        handlers.secondary("fails", types, event -> Uni.createFrom().failure(new IllegalStateException("fails")));
        handlers.cleanup("slow-" + subject, types, event -> does(event, "clean-up")
                .chain(() -> Uni.createFrom().nothing()));
        handlers.listen();
        int events = 20;
        for (int i = 0; i < events; i++) {
            emit(EventType.CACHE_WARM);
        }
        await().until(() -> done.size() == events);
        assertThat(meters.counter("pms.handler.dropped", "handler", "slow-" + subject)
                        .count())
                .isZero();
    }

    @Test
    void aFailureOverAnErrorIsNoFurtherError() {
        handlers.secondary("s", EnumSet.of(EventType.ERROR_INTEGRATION), event -> {
            throw new IllegalStateException("would go on for ever");
        });
        handlers.notification("n", EnumSet.of(EventType.ERROR_INTEGRATION), event -> does(event, "notification"));
        handlers.listen();
        emit(EventType.ERROR_INTEGRATION);
        await().until(() -> done.contains("notification"));
        assertThat(errors).isEmpty();
    }

    @Test
    void oneThatCanNotKeepUpIsLeftOut() {
        int places = 50;
        handlers = new LiveHandlers(vertx, publisher, new EventSpans(Tracing.OFF), places, meters);
        handlers.secondary(
                "slow-" + subject,
                EnumSet.of(EventType.CACHE_WARM),
                event -> Uni.createFrom().nothing());
        handlers.notification("n", EnumSet.of(EventType.CACHE_WARM), event -> does(event, "notification"));
        handlers.listen();
        int more = 20;
        for (int i = 0; i < places + more; i++) {
            emit(EventType.CACHE_WARM);
        }
        await().until(() -> meters.counter("pms.handler.dropped", "handler", "slow-" + subject)
                        .count()
                == more);
        await().until(() -> done.size() == places + more);
    }
}

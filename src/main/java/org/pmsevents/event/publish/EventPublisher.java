package org.pmsevents.event.publish;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventCounts;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.Dispatcher;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.log.Sequencer;
import org.pmsevents.event.transport.RedisPublisher;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.periodic.Throttle;
import org.pmsevents.platform.tracing.TraceLog;

/**
 * Publishes the events of the flows. A FEED event is inserted in the transaction of its change, by {@link #record}, or by the statement of
 * the change itself with {@link EventTable#INSERT_INTO}, as batches of stock do. After the commit the event is sequenced, and a flow can
 * wait for it. Events of the other scopes are announced at once.
 */
@ApplicationScoped
public class EventPublisher {
    private static final TraceLog LOG = TraceLog.of(EventPublisher.class);

    private final EventTable events;
    private final Sequencer sequencer;
    private final EventProgress progress;
    private final Dispatcher dispatcher;
    private final RedisPublisher redisPublisher;
    private final EventCodec codec;
    private final EventSpans spans;
    private final EventCounts counts;
    private final Clock clock;
    private final Throttle warnings = new Throttle(Duration.ofSeconds(10));

    EventPublisher(
            EventTable events,
            Sequencer sequencer,
            EventProgress progress,
            Dispatcher dispatcher,
            RedisPublisher redisPublisher,
            EventCodec codec,
            EventSpans spans,
            EventCounts counts,
            Clock clock) {
        this.events = events;
        this.sequencer = sequencer;
        this.progress = progress;
        this.dispatcher = dispatcher;
        this.redisPublisher = redisPublisher;
        this.codec = codec;
        this.spans = spans;
        this.counts = counts;
        this.clock = clock;
    }

    /** Creates an event, without storing or announcing it. */
    public EventMessage event(EventType type, String subject, Object payload, RequestContext context) {
        return new EventMessage(
                type,
                codec.payload(payload),
                new EventMetadata(
                        clock.instant(), context.actor(), context.traceId(), UuidV7.next(clock), subject, null));
    }

    /** Records spans for the events that the statement of a change inserted. The supplier is called only if the trace is recorded. */
    public void written(RequestContext context, Supplier<List<EventSpans.Written>> events) {
        spans.created(events, context);
    }

    /** The same for one event: none has a span that was not stored. */
    public void written(RequestContext context, EventMessage event) {
        spans.created(event.type(), event.metadata().id(), event.subject(), context);
    }

    /** Inserts a FEED event in the transaction of its change, after the change's own rows. */
    public Uni<Void> record(SqlClient transaction, EventMessage event, RequestContext context) {
        return events.insert(transaction, event).invoke(() -> written(context, event));
    }

    /**
     * Runs the statement of a change, which also inserts its events ({@link EventTable#INSERT_INTO}), in a transaction of its own that gives
     * them their positions if it can.
     *
     * @param change sends one statement when it is subscribed to, and does not recover from its failure
     * @throws org.pmsevents.platform.database.OutcomeUnknownException if the connection was lost, or did not respond, while it ran
     */
    public <T> Uni<T> write(Function<SqlClient, Uni<T>> change) {
        return sequencer.withPositions(change);
    }

    /** After the commit: requests that recorded events are sequenced and published. Returns at once. */
    public void announceRecorded() {
        sequencer.trigger();
    }

    /** After the commit: requests sequencing, and completes once the event has its position and is published. */
    public Uni<Void> published(EventMessage committed) {
        return published(committed.metadata().id());
    }

    /** The same for an event that the statement of its change inserted. */
    public Uni<Void> published(UUID committed) {
        if (!progress.isPositioned(committed)) {
            sequencer.trigger();
        }
        return progress.published(committed);
    }

    /** After the commit: completes once the ordered consumers of this replica have taken the event, or timed out. */
    public Uni<Void> dispatched(EventMessage committed) {
        return dispatched(committed.metadata().id());
    }

    /** The same for an event that the statement of its change inserted. */
    public Uni<Void> dispatched(UUID committed) {
        return progress.dispatched(committed);
    }

    /**
     * Announces an event of scope LOCAL or CLUSTER. Never blocks or fails.
     *
     * @param payload is serialized to JSON
     */
    public void emit(EventType type, String subject, Object payload, RequestContext context) {
        counts.add(type);
        announce(type, subject, payload, context);
    }

    /** Announces an event that has been counted already. */
    void announce(EventType type, String subject, Object payload, RequestContext context) {
        var event = event(type, subject, payload, context);
        attempt(type, context, () -> dispatcher.announce(event));
        if (type.scope() == EventScope.CLUSTER) {
            attempt(type, context, () -> redisPublisher.cluster(codec.encode(event)));
        }
    }

    /** The event loops may have ended, at the end of a shutdown; the change that is announced was committed all the same. */
    private void attempt(EventType type, RequestContext context, Runnable announcement) {
        try {
            announcement.run();
        } catch (RuntimeException e) {
            if (warnings.admits(type.wireName())) {
                LOG.warnf(context, "%s could not be announced: %s", type.wireName(), e.toString());
            }
        }
    }
}

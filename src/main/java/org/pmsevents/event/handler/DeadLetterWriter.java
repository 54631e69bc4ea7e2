package org.pmsevents.event.handler;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.SystemError;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.tracing.TraceLog;

/** Stores an event that a durable handler could not process as a dead letter, and records the alert in the same transaction. */
@ApplicationScoped
class DeadLetterWriter {
    private static final TraceLog LOG = TraceLog.of(DeadLetterWriter.class);

    private final HandlerTable table;
    private final Transactions transactions;
    private final EventPublisher publisher;
    private final Alerts alerts;
    private final Clock clock;

    DeadLetterWriter(
            HandlerTable table, Transactions transactions, EventPublisher publisher, Alerts alerts, Clock clock) {
        this.table = table;
        this.transactions = transactions;
        this.publisher = publisher;
        this.alerts = alerts;
        this.clock = clock;
    }

    /** Stores the dead letter and moves the handler's cursor past the event. Does nothing if another replica has done so. */
    Uni<Void> write(String handler, HandlerTable.Cursor cursor, FeedEvent event, String error) {
        var metadata = event.message().metadata();
        var context = metadata.context();
        var id = UuidV7.next(clock);
        var alert = Alert.critical(
                "dead-letter:" + handler,
                "An event became a dead letter",
                handler + " could not process event " + event.position() + ": " + error,
                handler,
                context);
        return transactions
                .run(transaction -> table.insertDeadLetter(transaction, handler, cursor, event, id, error)
                        .call(inserted -> inserted
                                ? alerts.record(transaction, alert)
                                : Uni.createFrom().voidItem()))
                .invoke(inserted -> {
                    if (inserted) {
                        report(handler, event.position(), error, context);
                    }
                })
                .replaceWithVoid();
    }

    private void report(String handler, long position, String error, RequestContext context) {
        LOG.errorf(
                context,
                null,
                "%s could not process event %d and stored it as a dead letter: %s",
                handler,
                position,
                error);
        publisher.emit(
                EventType.ERROR_SYSTEM,
                handler,
                new SystemError(
                        "dead-letter", handler, "could not process event " + position + "; stored it as a dead letter"),
                context);
    }
}

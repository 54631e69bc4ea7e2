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

/** Puts aside an event that a primary handler could not take, with the alert in the same transaction: no dead letter goes unnoticed. */
@ApplicationScoped
class DeadLetterWriter {
    private static final TraceLog LOG = TraceLog.of(DeadLetterWriter.class);

    private final HandlerTable table;
    private final Transactions transactions;
    private final EventPublisher publisher;
    private final Alerts alerts;
    private final Clock clock;

    DeadLetterWriter(HandlerTable table, Transactions transactions, EventPublisher publisher, Alerts alerts, Clock clock) {
        this.table = table;
        this.transactions = transactions;
        this.publisher = publisher;
        this.alerts = alerts;
        this.clock = clock;
    }

    /** Does nothing if another replica has done so. */
    Uni<Void> park(String handler, HandlerTable.Cursor cursor, FeedEvent event, String error) {
        var metadata = event.message().metadata();
        var context = metadata.context();
        var id = UuidV7.next(clock);
        var alert = Alert.critical(
                "dead-letter:" + handler,
                "An event was parked as a dead letter",
                handler + " can't take event " + event.position() + ": " + error,
                handler,
                context);
        return transactions
                .run(transaction -> table.park(transaction, handler, cursor, event, id, error)
                        .call(parked -> parked
                                ? alerts.record(transaction, alert)
                                : Uni.createFrom().voidItem()))
                .invoke(parked -> {
                    if (parked) {
                        tell(handler, event.position(), error, context);
                    }
                })
                .replaceWithVoid();
    }

    private void tell(String handler, long position, String error, RequestContext context) {
        LOG.errorf(context, null, "%s cannot take event %d, parked as a dead letter: %s", handler, position, error);
        publisher.emit(
                EventType.ERROR_SYSTEM,
                handler,
                new SystemError("dead-letter", handler, "can't take event " + position + ", it was parked"),
                context);
    }
}

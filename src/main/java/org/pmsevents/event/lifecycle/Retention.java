package org.pmsevents.event.lifecycle;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.SystemError;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.tracing.TraceLog;

/**
 * Deletes events that are older than the retention: always a prefix of the positions, in bounded batches. Events that a durable handler has
 * not seen are deleted only beyond the hard limit.
 */
@ApplicationScoped
public class Retention {
    private static final TraceLog LOG = TraceLog.of(Retention.class);
    private static final int BATCH = 5_000;

    private final EventTable events;
    private final Pool pool;
    private final FeedConfig config;
    private final EventPublisher publisher;
    private final Alerts alerts;

    Retention(EventTable events, Pool pool, FeedConfig config, EventPublisher publisher, Alerts alerts) {
        this.events = events;
        this.pool = pool;
        this.config = config;
        this.publisher = publisher;
        this.alerts = alerts;
    }

    /** Completes when no more events are old enough, or another replica is pruning. */
    public Uni<Void> prune() {
        return events.prune(pool, config.retention(), config.retentionHardLimit(), BATCH)
                .invoke(this::alert)
                .chain(pruned ->
                        pruned.deleted() == BATCH ? prune() : Uni.createFrom().voidItem());
    }

    private void alert(EventTable.Pruned pruned) {
        if (pruned.unseen() > 0) {
            var context = RequestContext.system();
            var detail = pruned.unseen() + " unseen events deleted";
            LOG.errorf(context, null, "retention reached its hard limit: %s, traceId=%s", detail, context.traceId());
            publisher.emit(
                    EventType.ERROR_SYSTEM,
                    "retention",
                    new SystemError("events-deleted", "retention", detail),
                    context);
            alerts.raise(Alert.critical(
                    "retention",
                    "Events were deleted before a durable handler had seen them",
                    detail,
                    "retention",
                    context));
        }
    }
}

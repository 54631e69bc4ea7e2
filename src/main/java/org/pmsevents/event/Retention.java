package org.pmsevents.event;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Deletes events that are older than the retention: always a prefix of the positions, in bounded batches, and up to a hard limit
 * never one that a primary handler has still to see.
 */
@ApplicationScoped
public class Retention {
    private static final Logger LOG = Logger.getLogger(Retention.class);
    private static final int ROWS = 5_000;

    private final EventTable events;
    private final Pool pool;
    private final FeedConfig config;
    private final EventEmitter emitter;

    Retention(EventTable events, Pool pool, FeedConfig config, EventEmitter emitter) {
        this.events = events;
        this.pool = pool;
        this.config = config;
        this.emitter = emitter;
    }

    /** Completes when nothing more is old enough, or another replica is at it. */
    public Uni<Void> prune() {
        return events.prune(pool, config.retention(), config.retentionHardLimit(), ROWS)
                .invoke(this::alert)
                .chain(pruned ->
                        pruned.deleted() == ROWS ? prune() : Uni.createFrom().voidItem());
    }

    private void alert(EventTable.Pruned pruned) {
        if (pruned.unseen() > 0) {
            LOG.errorf(
                    "ALERT %d events were deleted at the hard limit of the retention before a primary handler had seen them",
                    pruned.unseen());
            emitter.emit(
                    EventType.ERROR_SYSTEM,
                    "retention",
                    Map.of("operation", "retention", "detail", pruned.unseen() + " unseen events deleted"),
                    Origin.system());
        }
    }
}

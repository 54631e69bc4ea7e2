package org.pmsevents.delivery.websocket;

import io.quarkus.arc.Unremovable;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;

/** Writes many events at once, as flows would one by one. */
@Unremovable
@ApplicationScoped
public class TestFeed {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final EventPublisher events;
    private final Pool pool;

    TestFeed(EventPublisher events, Pool pool) {
        this.events = events;
        this.pool = pool;
    }

    /** Completes when all have positions; the payload is {@code {n, text}} with n from 0. */
    public void write(EventType type, String subject, int count, String text) {
        var last = pool.withTransaction(transaction -> {
                    var context = new RequestContext("test", TRACE);
                    Uni<EventMessage> written = Uni.createFrom().nullItem();
                    for (int i = 0; i < count; i++) {
                        var event = events.event(type, subject, Map.of("n", i, "text", text), context);
                        written = written.chain(
                                () -> events.record(transaction, event, context).replaceWith(event));
                    }
                    return written;
                })
                .await()
                .atMost(PATIENCE);
        events.published(last).await().atMost(PATIENCE);
    }

    void write(String subject, int count) {
        write(EventType.PRODUCT_UPDATED, subject, count, "");
    }

    long head() {
        return pool.query("SELECT head FROM feed_head")
                .execute()
                .await()
                .atMost(PATIENCE)
                .iterator()
                .next()
                .getLong(0);
    }

    /** As the retention does with old events. */
    void prune(long upTo) {
        pool.query("DELETE FROM event WHERE position <= " + upTo)
                .execute()
                .chain(() -> pool.query("UPDATE feed_tail SET pruned = " + upTo).execute())
                .await()
                .atMost(PATIENCE);
    }
}

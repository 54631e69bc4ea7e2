package org.pmsevents.event.transport;

import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.log.SequencedListener;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Publishes the events that this replica has sequenced to the other replicas, then lets flows that wait for them continue. Those of
 * an epoch that has ended are not published.
 */
@ApplicationScoped
public class SequencedPublication implements SequencedListener {
    private static final Logger LOG = Logger.getLogger(SequencedPublication.class);

    private final RedisPublisher redisPublisher;
    private final PublishedHead publishedHead;
    private final EventProgress progress;
    private final EventSpans spans;

    SequencedPublication(
            RedisPublisher redisPublisher, PublishedHead publishedHead, EventProgress progress, EventSpans spans) {
        this.publishedHead = publishedHead;
        this.redisPublisher = redisPublisher;
        this.progress = progress;
        this.spans = spans;
    }

    @Override
    public void sequenced(EventTable.Sequenced done) {
        var events = done.events();
        if (events.isEmpty()) {
            return;
        }
        progress.markPositioned(events);
        if (done.epoch().isEmpty() || !done.epoch().equals(redisPublisher.epoch())) {
            progress.markPublished(events);
            return;
        }
        publishedHead.reached(events.get(events.size() - 1), done.epoch());
        spans.start(Kind.PRODUCER, "publish", events)
                .until(redisPublisher.feed(events))
                .subscribe()
                .with(
                        sent -> progress.markPublished(events),
                        failure -> LOG.error("publishing to Redis failed", failure));
    }
}

package org.pmsevents.event.log;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventCounts;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.transport.RedisPublisher;
import org.pmsevents.platform.periodic.Coalescer;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Gives committed events their positions and publishes them. On a replica one call is under way and at most one waits, so
 * batches grow by themselves under load; in the cluster the row lock of the head lets one at a time through.
 */
@ApplicationScoped
public class Sequencer {
    /** The most events that one call gives positions to. */
    static final int BATCH = 512;

    private static final Logger LOG = Logger.getLogger(Sequencer.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final EventTable events;
    private final Pool pool;
    private final RedisPublisher redisPublisher;
    private final EventProgress progress;
    private final EventSpans spans;
    private final EventCounts counts;
    private final DistributionSummary batches;
    private final Timer duration;
    private final Coalescer calls;
    private volatile Consumer<EventTable.Sequenced> follower = sequenced -> {};

    Sequencer(
            EventTable events,
            Pool pool,
            RedisPublisher redisPublisher,
            EventProgress progress,
            EventSpans spans,
            EventCounts counts,
            Vertx vertx,
            MeterRegistry meters) {
        this.events = events;
        this.pool = pool;
        this.redisPublisher = redisPublisher;
        this.progress = progress;
        this.spans = spans;
        this.counts = counts;
        // in the next turn of the event loop: the callers of a batch ask one after the other, and one call serves them
        // all
        this.calls = new Coalescer(
                this::sequence,
                failure -> LOG.warnf("events wait for their positions: %s", failure.toString()),
                start -> vertx.runOnContext(go -> start.run()));
        this.batches = DistributionSummary.builder("pms.feed.batch")
                .description("events given positions by one call")
                .register(meters);
        this.duration = Timer.builder("pms.feed.sequence")
                .description("giving committed events their positions, one call")
                .register(meters);
    }

    /** Who on this replica hears of what was sequenced here, without the way over Redis. */
    public void tell(Consumer<EventTable.Sequenced> follower) {
        this.follower = follower;
    }

    /** Sequences what has been committed by now, soon; returns at once. */
    public void trigger() {
        calls.demand();
    }

    private Uni<Boolean> sequence() {
        long begun = System.nanoTime();
        return events.sequence(pool, BATCH)
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .invoke(() -> duration.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS))
                .invoke(this::tell)
                .map(done -> done.events().size() == BATCH);
    }

    private void tell(EventTable.Sequenced done) {
        if (!done.events().isEmpty()) {
            batches.record(done.events().size());
            done.events().forEach(event -> counts.add(event.message().type()));
            spans.start(Kind.PRODUCER, "publish", done.events())
                    .until(redisPublisher.feed(done.events()))
                    .subscribe()
                    .with(
                            sent -> progress.markPublished(done.events()),
                            failure -> LOG.error("publishing to Redis failed", failure));
        }
        follower.accept(done);
    }
}

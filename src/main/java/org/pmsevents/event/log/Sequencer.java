package org.pmsevents.event.log;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventCounts;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Coalescer;

/**
 * Gives committed events their positions and passes them to its listeners. On a replica, one call runs and at most one waits, so batches
 * grow under load. In the cluster, the row lock of the head allows one call at a time.
 */
@ApplicationScoped
public class Sequencer {
    /** How many events one call gives positions to at most. */
    static final int BATCH = 512;

    private static final Logger LOG = Logger.getLogger(Sequencer.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final EventTable events;
    private final Transactions transactions;
    private final EventCounts counts;
    private final DistributionSummary batches;
    private final Timer duration;
    private final Coalescer calls;
    private final List<SequencedListener> listeners = new CopyOnWriteArrayList<>();
    private volatile String epoch = "";

    Sequencer(EventTable events, Transactions transactions, EventCounts counts, Vertx vertx, MeterRegistry meters) {
        this.events = events;
        this.transactions = transactions;
        this.counts = counts;
        // runs in the next turn of the event loop, so that one call serves all callers of this turn
        this.calls = new Coalescer(
                this::sequence,
                failure -> LOG.warnf("events wait for their positions: %s", failure.toString()),
                start -> vertx.runOnContext(go -> start.run()));
        this.batches = DistributionSummary.builder("pms.feed.batch")
                .description("events to which one call gave positions")
                .register(meters);
        this.duration = Timer.builder("pms.feed.sequence")
                .description("duration of one call that gives committed events their positions")
                .register(meters);
    }

    /** Adds a listener. Listeners are called in the order in which they were added; one that fails does not affect the others. */
    public void register(SequencedListener listener) {
        listeners.add(listener);
    }

    /** Sets the epoch that the next calls are marked with. What a call of an earlier epoch returns is not published. */
    public void inEpoch(String feedId) {
        epoch = feedId;
    }

    /** Requests a call that sequences all events committed so far. Returns at once. */
    public void trigger() {
        calls.demand();
    }

    /**
     * Runs the statement of a change in a transaction of its own, which also gives positions to its events, unless somebody else is giving
     * some: then a call after the commit does. What has positions is passed to the listeners before this completes.
     *
     * @param change sends one statement when it is subscribed to, and does not recover from its failure
     */
    public <T> Uni<T> withPositions(Function<SqlClient, Uni<T>> change) {
        return transactions
                .statements(change, client -> events.sequenceAtOnce(client, BATCH, epoch))
                .invoke(done -> {
                    boolean all = done.second().isPresent()
                            && done.second().get().events().size() < BATCH;
                    if (!all) {
                        trigger();
                    }
                    done.second().ifPresent(this::tell);
                })
                .map(Transactions.Both::first);
    }

    private void tell(EventTable.Sequenced done) {
        count(done);
        notifyListeners(done);
    }

    private Uni<Boolean> sequence() {
        long begun = System.nanoTime();
        return transactions
                .statement(client -> events.sequence(client, BATCH, epoch))
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .invoke(() -> duration.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS))
                .invoke(this::tell)
                .map(done -> done.events().size() == BATCH);
    }

    private void count(EventTable.Sequenced done) {
        if (!done.events().isEmpty()) {
            batches.record(done.events().size());
            done.events().forEach(event -> counts.add(event.message().type()));
        }
    }

    private void notifyListeners(EventTable.Sequenced done) {
        for (var listener : listeners) {
            try {
                listener.sequenced(done);
            } catch (RuntimeException e) {
                LOG.error("a listener failed on sequenced events", e);
            }
        }
    }
}

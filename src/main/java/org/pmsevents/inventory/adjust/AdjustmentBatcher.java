package org.pmsevents.inventory.adjust;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.pmsevents.inventory.InventoryConfig;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.problem.AppException;

/**
 * Batches requests: those that arrive while a statement is running are written together by the next one. A request that arrives when no
 * statement is running is written at once. Requests of one line share a lane, so that changes of one SKU are written in the order of
 * arrival. Requests of several lines have a lane of their own, and each has its own statement. A statement waits for no stock that others
 * have locked: requests of such a SKU go to the {@link SideLane}, and so do those that come after them.
 */
@ApplicationScoped
public class AdjustmentBatcher {
    private static final Duration EXPIRY = Duration.ofMillis(500);

    /** How many lines one statement changes, unless a single request has more. */
    private static final int BATCH_LINES = 128;

    /** How many lines may wait in each lane; further requests are answered 503. */
    private static final int QUEUED_LINES = 10_000;

    private final StockWriter writer;
    private final InventoryConfig config;
    private final Periodic periodic;
    private final int queuedLines;
    private final Vertx vertx;
    private final DistributionSummary batches;
    private final Lane singles = new Lane();
    private final Lane several = new Lane();
    private final SideLane side;

    @Inject
    AdjustmentBatcher(
            StockWriter writer, InventoryConfig config, Periodic periodic, Vertx vertx, MeterRegistry meters) {
        this(writer, config, QUEUED_LINES, periodic, vertx, meters);
    }

    AdjustmentBatcher(
            StockWriter writer,
            InventoryConfig config,
            int queuedLines,
            Periodic periodic,
            Vertx vertx,
            MeterRegistry meters) {
        this.writer = writer;
        this.config = config;
        this.periodic = periodic;
        this.queuedLines = queuedLines;
        this.vertx = vertx;
        this.side = new SideLane(writer, config.longestWait(), vertx);
        this.batches = DistributionSummary.builder("pms.inventory.batch")
                .description("requests written by one statement")
                .register(meters);
        meters.gauge("pms.inventory.queued", this, AdjustmentBatcher::queued);
    }

    void start(@Observes StartupEvent started) {
        periodic.action("inventory.expiry", EXPIRY, this::expire).start();
    }

    private void expire() {
        several.expire();
        singles.expire();
        side.expire();
    }

    /**
     * Writes the request with one of the next statements.
     *
     * @throws AppException 503 {@code too-busy} if the queue is full, or the request has waited for too long; 503 {@code database-busy} if
     *     others lock its stock for too long; nothing is changed
     */
    public Uni<StockResult> write(StockRequest request) {
        var lane = request.lines().size() > 1 || request.atomic() ? several : singles;
        return Uni.createFrom().emitter(caller -> lane.add(new PendingRequest(request, caller)));
    }

    private int queued() {
        return several.queued() + singles.queued() + side.queued();
    }

    private static AppException tooBusy() {
        return AppException.unavailable("too-busy", "Too many adjustments are waiting. Nothing was changed.", 1);
    }

    /** One running statement, and the requests that wait for the next. */
    private final class Lane {
        private final Queue<PendingRequest> waiting = new ArrayDeque<>();
        private int lines;
        private boolean running;

        void add(PendingRequest request) {
            if (!accept(request)) {
                request.fail(tooBusy());
            } else if (begin()) {
                run();
            }
        }

        synchronized int queued() {
            return lines;
        }

        private synchronized boolean accept(PendingRequest request) {
            int before = lines + side.queued();
            if (before > 0 && before + request.size() > queuedLines) {
                return false;
            }
            lines += request.size();
            waiting.add(request);
            return true;
        }

        private synchronized boolean begin() {
            if (running) {
                return false;
            }
            running = true;
            return true;
        }

        private void run() {
            expire();
            var batch = next();
            if (!batch.isEmpty()) {
                batches.record(batch.size());
                // via the event loop: recursive calls would overflow the stack if every statement failed immediately
                writer.write(batch, side::add)
                        .onTermination()
                        .invoke(() -> vertx.runOnContext(ignored -> run()))
                        .subscribe()
                        .with(done -> {}, failure -> {});
            }
        }

        /** Fails the requests that have waited for too long, also while a statement is running. The oldest are at the front. */
        void expire() {
            expired().forEach(request -> request.fail(tooBusy()));
        }

        private synchronized List<PendingRequest> expired() {
            var expired = new ArrayList<PendingRequest>();
            var oldest = waiting.peek();
            while (oldest != null && oldest.waitedNanos() > config.longestWait().toNanos()) {
                expired.add(waiting.remove());
                lines -= oldest.size();
                oldest = waiting.peek();
            }
            return expired;
        }

        /** Takes the next batch from the queue. If the queue is empty, the batch is empty and the lane becomes idle. */
        private synchronized List<PendingRequest> next() {
            var batch = new ArrayList<PendingRequest>();
            int size = 0;
            while (fits(size)) {
                var request = waiting.remove();
                lines -= request.size();
                if (!side.takes(request)) {
                    batch.add(request);
                    size += request.size();
                }
            }
            running = !batch.isEmpty();
            return batch;
        }

        private boolean fits(int size) {
            var request = waiting.peek();
            return request != null && (size == 0 || (this == singles && size + request.size() <= BATCH_LINES));
        }
    }
}

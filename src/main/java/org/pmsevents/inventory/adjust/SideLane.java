package org.pmsevents.inventory.adjust;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pmsevents.platform.problem.AppException;

/**
 * Requests whose stock is locked by others, and those of the same SKUs that came later. Each SKU has a queue in the order of arrival; a
 * request is written when it is the first of each of its SKUs. Its statement waits for the lock for a short time and then lets others
 * have their turn, so that a lock that lasts holds up its own SKU only. The number of statements at a time is bounded.
 */
final class SideLane {
    /** Each takes a connection, perhaps only to wait. */
    private static final int AT_ONCE = 4;

    private static final int BATCH_LINES = 128;

    private final StockWriter writer;
    private final Duration longestWait;
    private final Vertx vertx;
    private final Map<String, Deque<PendingRequest>> queues = new HashMap<>();
    private final Set<PendingRequest> ready = new LinkedHashSet<>();
    private final Set<PendingRequest> underWay = new HashSet<>();
    private int running;
    private int lines;

    SideLane(StockWriter writer, Duration longestWait, Vertx vertx) {
        this.writer = writer;
        this.longestWait = longestWait;
        this.vertx = vertx;
    }

    /** Takes the request if an earlier one of the same SKU waits here, and returns whether it did. */
    synchronized boolean takes(PendingRequest request) {
        if (request.skus().stream().noneMatch(queues::containsKey)) {
            return false;
        }
        enqueue(request);
        return true;
    }

    /** Takes a request whose stock is locked. */
    void add(PendingRequest request) {
        synchronized (this) {
            enqueue(request);
            offer(request);
        }
        start();
    }

    /** The number of lines that wait for their turn. */
    synchronized int queued() {
        return lines;
    }

    private void enqueue(PendingRequest request) {
        lines += request.size();
        request.skus()
                .forEach(sku ->
                        queues.computeIfAbsent(sku, first -> new ArrayDeque<>()).add(request));
    }

    /** Makes the request ready if it is the first of all its SKUs. */
    private void offer(PendingRequest request) {
        boolean first = request.skus().stream().allMatch(sku -> isFirst(sku, request));
        if (first && !underWay.contains(request)) {
            ready.add(request);
        }
    }

    private boolean isFirst(String sku, PendingRequest request) {
        var queue = queues.get(sku);
        return queue != null && queue.peek() == request;
    }

    private void start() {
        for (var batch = next(); !batch.isEmpty(); batch = next()) {
            write(batch);
        }
    }

    private void write(List<PendingRequest> batch) {
        var heldAgain = new ArrayList<PendingRequest>();
        writer.writeWaiting(batch, heldAgain::add)
                .onTermination()
                .invoke(() -> vertx.runOnContext(ignored -> end(batch, heldAgain)))
                .subscribe()
                .with(done -> {}, failure -> {});
    }

    /** The next request that is ready, and those behind it that can be written by the same statement. */
    private synchronized List<PendingRequest> next() {
        var batch = new ArrayList<PendingRequest>();
        if (running < AT_ONCE && !ready.isEmpty()) {
            var first = ready.iterator().next();
            ready.remove(first);
            batch.add(first);
            if (first.isSingle()) {
                addFollowing(batch, first);
            }
            batch.forEach(each -> lines -= each.size());
            underWay.addAll(batch);
            running++;
        }
        return batch;
    }

    private void addFollowing(List<PendingRequest> batch, PendingRequest first) {
        for (var each : queues.getOrDefault(first.skus().iterator().next(), new ArrayDeque<>())) {
            if (!each.isSingle() || batch.size() == BATCH_LINES) {
                return;
            }
            if (each != first) {
                batch.add(each);
            }
        }
    }

    private void end(List<PendingRequest> batch, List<PendingRequest> heldAgain) {
        var late = new ArrayList<PendingRequest>();
        synchronized (this) {
            running--;
            batch.forEach(underWay::remove);
            var kept = new HashSet<PendingRequest>();
            for (var each : heldAgain) {
                if (isLate(each)) {
                    late.add(each);
                } else {
                    kept.add(each);
                    lines += each.size();
                }
            }
            remove(batch.stream().filter(each -> !kept.contains(each)).toList());
            batch.forEach(each -> each.skus().forEach(this::offerFirst));
        }
        late.forEach(SideLane::refuse);
        start();
    }

    /** Fails the requests that have waited for too long. */
    void expire() {
        List<PendingRequest> expired;
        synchronized (this) {
            expired = queues.values().stream()
                    .flatMap(Collection::stream)
                    .filter(each -> !underWay.contains(each) && isLate(each))
                    .distinct()
                    .toList();
            expired.forEach(each -> lines -= each.size());
            expired.forEach(ready::remove);
            remove(expired);
            expired.forEach(each -> each.skus().forEach(this::offerFirst));
        }
        expired.forEach(SideLane::refuse);
        start();
    }

    private boolean isLate(PendingRequest request) {
        return request.waitedNanos() > longestWait.toNanos();
    }

    private void remove(Collection<PendingRequest> requests) {
        var gone = new HashSet<>(requests);
        var skus = new HashSet<String>();
        requests.forEach(each -> skus.addAll(each.skus()));
        for (var sku : skus) {
            var queue = queues.get(sku);
            if (queue != null) {
                queue.removeAll(gone);
                if (queue.isEmpty()) {
                    queues.remove(sku);
                }
            }
        }
    }

    private void offerFirst(String sku) {
        var queue = queues.get(sku);
        var first = queue == null ? null : queue.peek();
        if (first != null) {
            offer(first);
        }
    }

    private static void refuse(PendingRequest request) {
        request.fail(
                request.isDoubtful()
                        ? AppException.outcomeUnknown()
                        : AppException.unavailable(
                                "database-busy",
                                "The stock is locked by somebody else for too long. Nothing was changed.",
                                1));
    }
}

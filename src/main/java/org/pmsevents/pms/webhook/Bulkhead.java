package org.pmsevents.pms.webhook;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.Detached;
import org.pmsevents.platform.problem.AppException;

/**
 * Bounds the number of webhooks that are applied at the same time, so that large ones never take all connections to PostgreSQL. Others wait
 * in the order of arrival. The number of those that wait is bounded, and so is their time.
 */
final class Bulkhead {
    private final int atOnce;
    private final int maxWaiting;
    private final Duration longestWait;
    private final Vertx vertx;
    private final Queue<UniEmitter<? super Void>> waiting = new ArrayDeque<>();
    private int running;

    Bulkhead(int atOnce, int maxWaiting, Duration longestWait, Vertx vertx) {
        this.atOnce = atOnce;
        this.maxWaiting = maxWaiting;
        this.longestWait = longestWait;
        this.vertx = vertx;
    }

    /**
     * Starts the work when there is room for it. Started work is completed even if its caller cancels.
     *
     * @throws AppException 503 {@code too-busy} if the queue is full, or the work has waited for too long; the work is not started
     */
    <T> Uni<T> take(Supplier<Uni<T>> work) {
        return Detached.of(() -> Uni.createFrom()
                .<Void>emitter(this::queue)
                .chain(() ->
                        Uni.createFrom().deferred(work::get).onTermination().invoke(this::end)));
    }

    private void queue(UniEmitter<? super Void> turn) {
        boolean now;
        boolean refused;
        synchronized (this) {
            now = running < atOnce;
            refused = !now && waiting.size() >= maxWaiting;
            if (now) {
                running++;
            } else if (!refused) {
                waiting.add(turn);
            }
        }
        if (now) {
            turn.complete(null);
        } else if (refused) {
            turn.fail(tooBusy());
        } else {
            vertx.setTimer(Math.max(1, longestWait.toMillis()), timer -> expire(turn));
        }
    }

    private void expire(UniEmitter<? super Void> turn) {
        boolean waited;
        synchronized (this) {
            waited = waiting.remove(turn);
        }
        if (waited) {
            turn.fail(tooBusy());
        }
    }

    private void end() {
        @Nullable UniEmitter<? super Void> next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                running--;
            }
        }
        if (next != null) {
            next.complete(null);
        }
    }

    private static AppException tooBusy() {
        return AppException.unavailable("too-busy", "Too many webhooks are waiting. Nothing was changed.", 1);
    }
}

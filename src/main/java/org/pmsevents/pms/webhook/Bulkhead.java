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
 * Lets a few pieces of work go on at once and the others wait, in the order in which they came, so that large webhooks never take all
 * connections to PostgreSQL. A bounded number wait, for a bounded time.
 */
final class Bulkhead {
    private final int atOnce;
    private final int mostWaiting;
    private final Duration longestWait;
    private final Vertx vertx;
    private final Queue<UniEmitter<? super Void>> waiting = new ArrayDeque<>();
    private int underWay;

    Bulkhead(int atOnce, int mostWaiting, Duration longestWait, Vertx vertx) {
        this.atOnce = atOnce;
        this.mostWaiting = mostWaiting;
        this.longestWait = longestWait;
        this.vertx = vertx;
    }

    /**
     * Does the work when its turn comes; it then goes on whether its caller still waits or not.
     *
     * @throws AppException 503 {@code too-busy} if too many wait, or this has waited for too long: the work is not begun
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
            now = underWay < atOnce;
            refused = !now && waiting.size() >= mostWaiting;
            if (now) {
                underWay++;
            } else if (!refused) {
                waiting.add(turn);
            }
        }
        if (now) {
            turn.complete(null);
        } else if (refused) {
            turn.fail(tooBusy());
        } else {
            vertx.setTimer(Math.max(1, longestWait.toMillis()), late -> expire(turn));
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
                underWay--;
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

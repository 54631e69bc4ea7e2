package org.pmsevents.platform.database;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The number of connections that one kind of reads may use at a time. Others wait in the order of arrival; their number and time are
 * bounded.
 */
final class ReadShare {
    private final IntSupplier atOnce;
    private final int mostWaiting;
    private final Duration longestWait;
    private final Vertx vertx;
    private final Queue<Turn> waiting = new ArrayDeque<>();
    private int running;

    /** @param atOnce at least one is let in */
    ReadShare(IntSupplier atOnce, int mostWaiting, Duration longestWait, Vertx vertx) {
        this.atOnce = atOnce;
        this.mostWaiting = mostWaiting;
        this.longestWait = longestWait;
        this.vertx = vertx;
    }

    /** What waits for its turn: either is called once, unless it leaves before. */
    interface Turn {
        /** It is its turn; {@link #end} is to be called in the end. */
        void begin();

        /** Too many wait, or it has waited for too long. */
        void refuse();
    }

    void enter(Turn turn) {
        boolean now;
        boolean refused;
        synchronized (this) {
            now = running < Math.max(1, atOnce.getAsInt());
            refused = !now && waiting.size() >= mostWaiting;
            if (now) {
                running++;
            } else if (!refused) {
                waiting.add(turn);
            }
        }
        if (now) {
            turn.begin();
        } else if (refused) {
            turn.refuse();
        } else {
            vertx.setTimer(longestWait.toMillis(), timer -> {
                if (leave(turn)) {
                    turn.refuse();
                }
            });
        }
    }

    /** Nobody waits for it any more. Returns whether it had not begun. */
    synchronized boolean leave(Turn turn) {
        return waiting.remove(turn);
    }

    void end() {
        @Nullable Turn next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                running--;
            }
        }
        if (next != null) {
            next.begin();
        }
    }
}

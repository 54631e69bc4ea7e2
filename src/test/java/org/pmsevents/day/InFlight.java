package org.pmsevents.day;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/** Does a list of things, many at once and the earliest first, but those about the same subject one after the other in their order. */
final class InFlight<T> {
    private final ThreadPoolExecutor threads;
    private final AtomicInteger left;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Consumer<T> work;

    private InFlight(int atOnce, int count, Consumer<T> work) {
        // what comes after the first failure, which has shut them down, is left out
        this.threads = new ThreadPoolExecutor(
                atOnce,
                atOnce,
                0,
                TimeUnit.SECONDS,
                new PriorityBlockingQueue<>(),
                new ThreadPoolExecutor.DiscardPolicy());
        this.left = new AtomicInteger(count);
        this.work = work;
    }

    /** Returns when everything has been done; at the first failure throws that as the cause of another, and begins nothing more. */
    static <T> void each(Collection<T> things, int atOnce, Function<T, ?> subject, Consumer<T> work) {
        if (things.isEmpty()) {
            return;
        }
        var run = new InFlight<>(atOnce, things.size(), work);
        try {
            run.lanes(things, subject).forEach(run.threads::execute);
            run.done.join();
        } finally {
            run.threads.shutdownNow();
        }
    }

    private Collection<Lane> lanes(Collection<T> things, Function<T, ?> subject) {
        Map<Object, Lane> lanes = new LinkedHashMap<>();
        int place = 0;
        for (var thing : things) {
            lanes.computeIfAbsent(subject.apply(thing), key -> new Lane())
                    .waiting
                    .add(new Placed(place++, thing));
        }
        return lanes.values();
    }

    private final class Placed {
        private final int place;
        private final T thing;

        Placed(int place, T thing) {
            this.place = place;
            this.thing = thing;
        }
    }

    /** The things about one subject: either waiting for a thread, by the place of its next one, or on one. */
    private final class Lane implements Runnable, Comparable<Lane> {
        private final Deque<Placed> waiting = new ArrayDeque<>();

        @Override
        public int compareTo(Lane other) {
            return Integer.compare(waiting.element().place, other.waiting.element().place);
        }

        @Override
        public void run() {
            try {
                work.accept(waiting.remove().thing);
                if (left.decrementAndGet() == 0) {
                    done.complete(null);
                } else if (!waiting.isEmpty()) {
                    threads.execute(this);
                }
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
                threads.shutdownNow();
            }
        }
    }
}

package org.pmsevents.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Clients that go on with their work for as long as the run lasts, and can be asked to finish what they have begun and wait. */
final class Load implements AutoCloseable {
    /** Longer than the patience of a caller, who then says what nobody has answered. */
    private static final Duration FINISHED = Duration.ofMinutes(4);

    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<ScheduledExecutorService> threads = new ArrayList<>();

    /** One piece of work, from the first attempt to the answer. */
    @FunctionalInterface
    interface Work {
        void doOnce() throws Exception;
    }

    /** Has somebody do a piece of work after the other, with a pause between them. */
    void add(Work work, Duration pause) {
        var thread = Executors.newSingleThreadScheduledExecutor();
        threads.add(thread);
        var unused = thread.scheduleWithFixedDelay(() -> doOnce(work), 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void doOnce(Work work) {
        gate.readLock().lock();
        try {
            work.doOnce();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception | AssertionError e) {
            failures.add(e);
        } finally {
            gate.readLock().unlock();
        }
    }

    /** Waits until everybody has an answer; nobody begins anything until {@link #goOn}. */
    void pause() throws InterruptedException {
        if (!gate.writeLock().tryLock(FINISHED.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the load does not come to an end");
        }
        assertNothingUnexpected();
    }

    void goOn() {
        gate.writeLock().unlock();
    }

    /** Fails if a client was answered what it must not be. */
    void assertNothingUnexpected() {
        var first = failures.peek();
        if (first != null) {
            throw new AssertionError(failures.size() + " clients met what must not be, the first: " + first, first);
        }
    }

    @Override
    public void close() {
        threads.forEach(ScheduledExecutorService::shutdownNow);
    }
}

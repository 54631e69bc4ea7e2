package org.pmsevents.platform.periodic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class CoalescerTest {
    private final List<UniEmitter<? super Boolean>> runs = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final Coalescer coalescer =
            new Coalescer(() -> Uni.createFrom().<Boolean>emitter(runs::add), failures::add, Runnable::run);

    @Test
    void demandsDuringARunAreServedByOneMore() {
        for (int i = 0; i < 5; i++) {
            coalescer.demand();
        }
        assertThat(runs).hasSize(1);
        runs.get(0).complete(false);
        assertThat(runs).hasSize(2);
        runs.get(1).complete(false);
        assertThat(runs).hasSize(2);
        coalescer.demand();
        assertThat(runs).hasSize(3);
    }

    @Test
    void demandsBeforeTheRunHasBegunAreServedByIt() {
        var starts = new ArrayList<Runnable>();
        var late = new Coalescer(() -> Uni.createFrom().<Boolean>emitter(runs::add), failures::add, starts::add);
        for (int i = 0; i < 5; i++) {
            late.demand();
        }
        assertThat(starts).hasSize(1);
        assertThat(runs).isEmpty();
        starts.get(0).run();
        runs.get(0).complete(false);
        assertThat(runs).hasSize(1);
        late.demand();
        assertThat(starts).hasSize(2);
    }

    /** As at the end of a shutdown, when whoever demands it has just committed a change. */
    @Test
    void aRunThatCanNotBeginIsAFailureOfTheRunAndNotOfTheDemand() {
        var refused = new AtomicBoolean(true);
        var late = new Coalescer(() -> Uni.createFrom().<Boolean>emitter(runs::add), failures::add, start -> {
            if (refused.getAndSet(false)) {
                throw new RejectedExecutionException("event executor terminated");
            }
            start.run();
        });
        late.demand();
        assertThat(failures).singleElement().isInstanceOf(RejectedExecutionException.class);
        late.demand();
        assertThat(runs).hasSize(1);
    }

    @Test
    void aRunThatHasMoreToDoIsFollowedByAnother() {
        coalescer.demand();
        runs.get(0).complete(true);
        assertThat(runs).hasSize(2);
        runs.get(1).complete(false);
        assertThat(runs).hasSize(2);
    }

    @Test
    void aRunThatFailsIsToldOfAndTheNextDemandRunsAgain() {
        coalescer.demand();
        runs.get(0).fail(new IllegalStateException("no"));
        assertThat(failures).hasSize(1);
        assertThat(runs).hasSize(1);
        coalescer.demand();
        assertThat(runs).hasSize(2);
        coalescer.demand();
        runs.get(1).fail(new IllegalStateException("no"));
        assertThat(runs).hasSize(3);
    }

    @Test
    void workThatThrowsAtOnceIsAFailedRun() {
        var throwing = new Coalescer(
                () -> {
                    throw new IllegalStateException("no");
                },
                failures::add,
                Runnable::run);
        throwing.demand();
        throwing.demand();
        assertThat(failures).hasSize(2);
    }

    @Test
    void everyDemandOfManyThreadsIsFollowedByARunAndNoTwoRunAtOnce() throws InterruptedException {
        var wanted = new AtomicInteger();
        var seen = new AtomicInteger();
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        // elsewhere than who demands it, as all work in the service is
        var worker = Executors.newSingleThreadExecutor();
        var busy = new Coalescer(
                () -> {
                    most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                    seen.set(wanted.get());
                    return Uni.createFrom().item(false).emitOn(worker).invoke(done -> underWay.decrementAndGet());
                },
                failures::add,
                Runnable::run);
        var threads = Executors.newFixedThreadPool(4);
        var done = new CountDownLatch(4);
        for (int i = 0; i < 4; i++) {
            threads.execute(() -> {
                for (int n = 0; n < 10_000; n++) {
                    wanted.incrementAndGet();
                    busy.demand();
                }
                done.countDown();
            });
        }
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        threads.shutdown();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        await().untilAsserted(() -> assertThat(seen).hasValue(40_000));
        worker.shutdown();
        assertThat(worker.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(most).hasValue(1);
    }
}

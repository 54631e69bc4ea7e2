package org.pmsevents.platform.periodic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class PeriodicTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Periodic periodic = new Periodic(VERTX);
    private final AtomicInteger runs = new AtomicInteger();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        periodic.stop();
    }

    @AfterAll
    static void close() {
        VERTX.close();
    }

    private void tick(String name) {
        periodic.tick(name).await().atMost(PATIENCE);
    }

    /** What the event loop was given before this has been done after it. */
    private void awaitContext() {
        var reached = new AtomicInteger();
        periodic.context().runOnContext(go -> reached.incrementAndGet());
        await().until(() -> reached.get() == 1);
    }

    @Test
    void workIsRepeatedOnOneEventLoop() {
        var contexts = new CopyOnWriteArrayList<Context>();
        periodic.action("count", SOON, () -> {
                    contexts.add(Vertx.currentContext());
                    runs.incrementAndGet();
                })
                .start();
        await().until(() -> runs.get() >= 5);
        assertThat(contexts).allMatch(context -> context == periodic.context());
    }

    @Test
    void theFirstRunComesAfterThePauseGiveOrTakeAFifth() {
        var pauses = new CopyOnWriteArrayList<Long>();
        for (int i = 0; i < 20; i++) {
            long begun = System.nanoTime();
            var task = periodic.action("once" + i, Duration.ofMillis(250), () -> pauses.add(millisSince(begun)));
            task.start();
        }
        await().until(() -> pauses.size() >= 20);
        assertThat(pauses).allMatch(pause -> pause >= 199);
        assertThat(pauses.stream().distinct().count()).as("they are spread").isGreaterThan(1);
    }

    private static long millisSince(long begun) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    }

    @Test
    void theFirstRunComesAtOnceIfWanted() {
        periodic.action("now", NEVER, runs::incrementAndGet).startNow();
        await().until(() -> runs.get() == 1);
    }

    @Test
    void nothingRunsBeforeTheStart() {
        periodic.action("idle", Duration.ofMillis(1), runs::incrementAndGet);
        assertThatThrownBy(() -> tick("idle"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("idle");
        assertThat(runs).hasValue(0);
    }

    @Test
    void aTickRunsTheWorkNowAndCompletesWhenItIsDone() {
        var done = new AtomicInteger();
        periodic.task(
                        "work",
                        NEVER,
                        () -> Uni.createFrom()
                                .item(runs.incrementAndGet())
                                .onItem()
                                .delayIt()
                                .by(SOON)
                                .invoke(done::set))
                .start();
        tick("work");
        assertThat(done).hasValue(1);
        tick("work");
        assertThat(done).hasValue(2);
    }

    @Test
    void aTickDuringARunIsFollowedByARunOfItsOwnAndNoTwoRunAtOnce() {
        Queue<UniEmitter<? super Object>> underWay = new ConcurrentLinkedQueue<>();
        periodic.task("slow", NEVER, () -> Uni.createFrom().<Object>emitter(underWay::add))
                .startNow();
        await().until(() -> underWay.size() == 1);
        var first = periodic.tick("slow").subscribeAsCompletionStage();
        var second = periodic.tick("slow").subscribeAsCompletionStage();
        awaitContext();
        assertThat(underWay).hasSize(1);
        underWay.remove().complete(null);
        await().until(() -> underWay.size() == 1);
        assertThat(first.isDone() || second.isDone()).isFalse();
        underWay.remove().complete(null);
        await().until(() -> underWay.size() == 1);
        assertThat(first.isDone() ^ second.isDone()).isTrue();
        underWay.remove().complete(null);
        await().until(() -> first.isDone() && second.isDone());
        awaitContext();
        assertThat(underWay).isEmpty();
    }

    @Test
    void aRunThatTakesLongerThanThePauseIsNotOvertaken() {
        var underWay = new AtomicInteger();
        var most = new AtomicInteger();
        periodic.task("long", Duration.ofMillis(1), () -> {
                    most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
                    return Uni.createFrom().item(1).onItem().delayIt().by(SOON).invoke(done -> {
                        underWay.decrementAndGet();
                        runs.incrementAndGet();
                    });
                })
                .start();
        for (int i = 0; i < 3; i++) {
            tick("long");
        }
        await().until(() -> runs.get() >= 6);
        assertThat(most).hasValue(1);
    }

    @Test
    void aFailureIsToldOfAndTheWorkIsRepeated() {
        periodic.task("failing", SOON, () -> {
                    int run = runs.incrementAndGet();
                    if (run == 1) {
                        throw new IllegalStateException("at once");
                    }
                    return Uni.createFrom().failure(new IllegalStateException("later"));
                })
                .onFailure(failures::add)
                .start();
        await().until(() -> failures.size() >= 3);
        assertThat(failures.get(0)).hasMessage("at once");
        assertThat(failures.get(1)).hasMessage("later");
        assertThatThrownBy(() -> tick("failing"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("later");
    }

    @Test
    void aFailureThatCannotBeHandledEndsNothing() {
        periodic.task("worse", SOON, () -> {
                    runs.incrementAndGet();
                    return Uni.createFrom().failure(new IllegalStateException("no"));
                })
                .onFailure(failure -> {
                    throw new IllegalStateException("and no again");
                })
                .start();
        await().until(() -> runs.get() >= 3);
    }

    @Test
    void aRunThatTakesTooLongIsCancelledAndHasFailed() {
        var cancelled = new AtomicInteger();
        periodic.task(
                        "hanging",
                        NEVER,
                        () -> Uni.createFrom().nothing().onCancellation().invoke(cancelled::incrementAndGet))
                .timeout(SOON)
                .onFailure(failures::add)
                .startNow();
        await().until(() -> failures.size() == 1);
        assertThat(failures.get(0)).isInstanceOf(TimeoutException.class);
        assertThat(cancelled).hasValue(1);
    }

    @Test
    void nothingRunsAfterTheStop() {
        var task = periodic.action("stopped", Duration.ofMillis(1), runs::incrementAndGet)
                .start();
        await().until(() -> runs.get() >= 2);
        task.stop();
        awaitContext();
        int before = runs.get();
        periodic.action("other", Duration.ofMillis(1), () -> {}).start();
        for (int i = 0; i < 20; i++) {
            tick("other");
        }
        assertThat(runs).hasValue(before);
        assertThatThrownBy(() -> tick("stopped")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void workMayStopItself() {
        var stopsItself = new PeriodicTask[1];
        stopsItself[0] = periodic.action("last", Duration.ofMillis(1), () -> {
            if (runs.incrementAndGet() == 3) {
                stopsItself[0].stop();
            }
        });
        stopsItself[0].start();
        await().until(() -> runs.get() == 3);
        periodic.action("other", Duration.ofMillis(1), () -> {}).start();
        for (int i = 0; i < 20; i++) {
            tick("other");
        }
        assertThat(runs).hasValue(3);
    }

    @Test
    void aTickThatWaitsForARunFailsIfTheTaskIsStopped() {
        Queue<UniEmitter<? super Object>> underWay = new ConcurrentLinkedQueue<>();
        var task = periodic.task("slow", NEVER, () -> Uni.createFrom().<Object>emitter(underWay::add))
                .startNow();
        await().until(() -> underWay.size() == 1);
        var waiting = periodic.tick("slow").subscribeAsCompletionStage();
        task.stop();
        underWay.remove().complete(null);
        await().until(waiting::isCompletedExceptionally);
        assertThat(underWay).isEmpty();
    }

    @Test
    void theShutdownStopsAllThatWasStartedAndAllThatIsStartedLater() {
        periodic.action("before", NEVER, runs::incrementAndGet).start();
        periodic.stop();
        periodic.action("after", NEVER, runs::incrementAndGet).startNow();
        awaitContext();
        assertThat(runs).hasValue(0);
        assertThatThrownBy(() -> tick("before")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tick("after")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aNameIsUniqueAmongWhatRuns() {
        var first = periodic.action("same", NEVER, runs::incrementAndGet).start();
        assertThatThrownBy(() ->
                        periodic.action("same", NEVER, runs::incrementAndGet).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("same");
        first.stop();
        periodic.action("same", NEVER, runs::incrementAndGet).start();
    }
}

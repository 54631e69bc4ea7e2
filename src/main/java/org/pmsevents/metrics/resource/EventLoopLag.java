package org.pmsevents.metrics.resource;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures how late the event loops run their timers, by one timer on each loop. Whatever blocks a loop delays every request on it.
 */
@ApplicationScoped
public class EventLoopLag {
    private static final Duration EVERY = Duration.ofMillis(250);

    private final Vertx vertx;
    private final Timer lag;
    private final AtomicLong worst = new AtomicLong();
    private final List<ScheduledFuture<?>> timers = new CopyOnWriteArrayList<>();

    EventLoopLag(Vertx vertx, MeterRegistry meters) {
        this.vertx = vertx;
        this.lag = Timer.builder("pms.event.loop.lag")
                .description("delay of timers on the event loops")
                .register(meters);
    }

    void start(@Observes StartupEvent started) {
        ((VertxInternal) vertx).getEventLoopGroup().forEach(this::watch);
    }

    void stop(@Observes ShutdownEvent stopping) {
        timers.forEach(timer -> timer.cancel(false));
    }

    private void watch(EventExecutor loop) {
        var due = new AtomicLong(System.nanoTime() + EVERY.toNanos());
        timers.add(loop.scheduleWithFixedDelay(
                () -> {
                    long now = System.nanoTime();
                    long late = Math.max(0, now - due.get());
                    lag.record(late, TimeUnit.NANOSECONDS);
                    worst.accumulateAndGet(late, Math::max);
                    due.set(now + EVERY.toNanos());
                },
                EVERY.toMillis(),
                EVERY.toMillis(),
                TimeUnit.MILLISECONDS));
    }

    /** The longest delay of any loop since the last call. */
    Duration takeWorst() {
        return Duration.ofNanos(worst.getAndSet(0));
    }
}

package org.pmsevents.metrics.resource;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.pmsevents.metrics.Numbers;
import org.pmsevents.metrics.Resources;

/** Reads the usage of the PostgreSQL connection pool from the meters of Quarkus. For one caller at a time. */
final class PoolUse {
    private static final String PREFIX = "sql.pool.";

    private final MeterRegistry meters;
    private final long max;
    private double waitedBefore;
    private long countBefore;

    PoolUse(MeterRegistry meters, long max) {
        this.meters = meters;
        this.max = max;
    }

    Resources.Postgresql read() {
        long active = gauge("active");
        return new Resources.Postgresql(active, gauge("idle"), gauge("queue.size"), max, averageWait());
    }

    private long gauge(String name) {
        return Math.max(0, (long) sum(meters.find(PREFIX + name).gauges(), Gauge::value));
    }

    /** In milliseconds, since the last call. */
    private double averageWait() {
        var waits = meters.find(PREFIX + "queue.delay").timers();
        double waited = sum(waits, timer -> timer.totalTime(TimeUnit.MILLISECONDS));
        long count = (long) sum(waits, Timer::count);
        double average = count > countBefore ? (waited - waitedBefore) / (count - countBefore) : 0;
        waitedBefore = waited;
        countBefore = count;
        return Numbers.rounded(average);
    }

    private static <T> double sum(Iterable<T> all, ToDoubleFunction<T> value) {
        double sum = 0;
        for (var each : all) {
            double number = value.applyAsDouble(each);
            sum += Double.isNaN(number) ? 0 : number;
        }
        return sum;
    }
}

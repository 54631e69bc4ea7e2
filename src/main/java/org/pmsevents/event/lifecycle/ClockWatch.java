package org.pmsevents.event.lifecycle;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.clock.DatabaseClock;
import org.pmsevents.platform.identity.ReplicaName;

/** Sets the clock by PostgreSQL's, and alerts the admins once when the machine's own differs by more than a second. */
@ApplicationScoped
class ClockWatch {
    private static final Duration MAX_OFFSET = Duration.ofSeconds(1);

    private final DatabaseClock clock;
    private final Alerts alerts;
    private final ReplicaName replica;
    private final AtomicBoolean alerted = new AtomicBoolean();

    ClockWatch(DatabaseClock clock, Alerts alerts, ReplicaName replica, MeterRegistry meters) {
        this.clock = clock;
        this.alerts = alerts;
        this.replica = replica;
        Gauge.builder("pms.clock.offset", clock, known -> known.offset().toNanos() / 1e9)
                .baseUnit("seconds")
                .register(meters);
    }

    /**
     * @param asked when PostgreSQL was asked, by {@link System#nanoTime}
     * @param told its answer
     */
    void heard(long asked, Instant told) {
        var measured = clock.measured(asked, told);
        if (!measured.exceeds(MAX_OFFSET)) {
            alerted.set(false);
        } else if (alerted.compareAndSet(false, true)) {
            alertAdmin(measured);
        }
    }

    private void alertAdmin(DatabaseClock.Offset measured) {
        alerts.raise(Alert.warning(
                "clock-offset:" + replica.value(),
                "A machine's clock is wrong",
                "The clock of " + replica.value() + " differs from PostgreSQL's by "
                        + Math.round(measured.offset().toMillis() / 1e3)
                        + " s (positive: it is behind). Times are taken from PostgreSQL.",
                replica.value(),
                RequestContext.system()));
    }
}

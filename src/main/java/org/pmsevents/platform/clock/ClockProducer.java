package org.pmsevents.platform.clock;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;

/**
 * Provides the one clock. It ticks in microseconds, as PostgreSQL's timestamps do, so that a stored time is read back unchanged.
 */
@Singleton
class ClockProducer {

    @Produces
    @Singleton
    Clock clock() {
        return new MicrosecondClock(Clock.systemUTC());
    }

    /** {@link Clock#tick} can't be used: with a tick under a millisecond its {@code millis()} divides by zero (JDK 17). */
    private static final class MicrosecondClock extends Clock {
        private final Clock clock;

        MicrosecondClock(Clock clock) {
            this.clock = clock;
        }

        @Override
        public ZoneId getZone() {
            return clock.getZone();
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return new MicrosecondClock(clock.withZone(zone));
        }

        @Override
        public Instant instant() {
            return clock.instant().truncatedTo(ChronoUnit.MICROS);
        }

        @Override
        public long millis() {
            return clock.millis();
        }
    }
}

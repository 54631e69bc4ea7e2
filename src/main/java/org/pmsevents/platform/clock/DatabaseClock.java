package org.pmsevents.platform.clock;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one injected clock: PostgreSQL's time, so that times of all replicas can be compared with those in the database. It is measured at
 * each poll of the feed and goes on by this machine's monotonic clock, so that a jump of the machine's wall clock changes nothing. Before
 * the first measurement it is the machine's. It ticks in microseconds, as PostgreSQL's timestamps do, so that a stored time is read back
 * unchanged.
 */
@Singleton
public class DatabaseClock extends Clock {
    private final MachineClock machine;
    private final LongSupplier nanoTime;
    private final ZoneId zone;
    private volatile @Nullable Anchor anchor;

    @Inject
    DatabaseClock(MachineClock machine) {
        this(machine, System::nanoTime);
    }

    DatabaseClock(MachineClock machine, LongSupplier nanoTime) {
        this.machine = machine;
        this.nanoTime = nanoTime;
        this.zone = ZoneOffset.UTC;
    }

    /** The time at a reading of the monotonic clock. */
    private record Anchor(long nanos, Instant time) {
        Instant at(long now) {
            return time.plusNanos(now - nanos);
        }
    }

    /**
     * How far PostgreSQL's clock is ahead of the machine's (negative: behind).
     *
     * @param uncertainty half of the round trip: the true offset differs by no more
     */
    public record Offset(Duration offset, Duration uncertainty) {
        /** Whether the clocks certainly differ by more. */
        public boolean exceeds(Duration most) {
            return offset.abs().minus(uncertainty).compareTo(most) > 0;
        }
    }

    /**
     * Records a measurement, at the moment of its answer. The clock is set only if it is wrong for certain, that is outside of the round
     * trip: to the machine's time if that is inside, otherwise to the middle. So a machine whose clock is right is not disturbed by slow
     * answers.
     *
     * @param asked when PostgreSQL was asked, by {@link System#nanoTime}
     * @param told PostgreSQL's time
     */
    public synchronized Offset measured(long asked, Instant told) {
        long answered = nanoTime.getAsLong();
        var wall = machine.now();
        var roundTrip = Duration.ofNanos(Math.max(0, answered - asked));
        var middle = told.plus(roundTrip.dividedBy(2));
        var known = anchor;
        var time = known == null ? wall : known.at(answered);
        if (!isWithin(time, told, roundTrip)) {
            time = isWithin(wall, told, roundTrip) ? wall : middle;
        } else if (known != null) {
            return new Offset(Duration.between(wall, middle), roundTrip.dividedBy(2));
        }
        anchor = new Anchor(answered, time);
        return new Offset(Duration.between(wall, middle), roundTrip.dividedBy(2));
    }

    private static boolean isWithin(Instant time, Instant told, Duration roundTrip) {
        return !time.isBefore(told) && !time.isAfter(told.plus(roundTrip));
    }

    /** How far this clock is ahead of the machine's now; negative if it is behind. */
    public Duration offset() {
        return Duration.between(machine.now(), exact());
    }

    private Instant exact() {
        var known = anchor;
        return known == null ? machine.now() : known.at(nanoTime.getAsLong());
    }

    @Override
    public Instant instant() {
        return exact().truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    public long millis() {
        return exact().toEpochMilli();
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    /** @throws UnsupportedOperationException for any zone but UTC */
    @Override
    public Clock withZone(ZoneId other) {
        if (!other.equals(zone)) {
            throw new UnsupportedOperationException("times are in UTC here");
        }
        return this;
    }
}

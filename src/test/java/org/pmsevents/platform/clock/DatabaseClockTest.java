package org.pmsevents.platform.clock;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

/** The clock beside a machine's, both of them moved by the test. */
@Pure
class DatabaseClockTest {
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    private static final Duration LATE = Duration.ofMinutes(3);

    private Instant wall = NOON;
    private long nanos = -5;

    private final DatabaseClock clock = new DatabaseClock(
            new MachineClock() {
                @Override
                Instant now() {
                    return wall;
                }
            },
            () -> nanos);

    private void pass(Duration time) {
        wall = wall.plus(time);
        nanos += time.toNanos();
    }

    /** PostgreSQL is asked, and tells its time after that part of the round trip. */
    private DatabaseClock.Offset measure(Duration ahead, Duration there, Duration back) {
        long asked = nanos;
        pass(there);
        var told = wall.plus(ahead);
        pass(back);
        return clock.measured(asked, told);
    }

    @Test
    void isTheMachinesUntilPostgresqlIsAsked() {
        assertThat(clock.instant()).isEqualTo(NOON);
        wall = NOON.plusSeconds(60);
        assertThat(clock.instant()).isEqualTo(NOON.plusSeconds(60));
        assertThat(clock.offset()).isZero();
    }

    @Test
    void isPostgresqlsWithinHalfARoundTripOnceItWasAsked() {
        var offset = measure(LATE, Duration.ofMillis(1), Duration.ofMillis(9));
        assertThat(Duration.between(wall.plus(LATE), clock.instant()).abs()).isLessThanOrEqualTo(Duration.ofMillis(5));
        assertThat(clock.millis()).isEqualTo(clock.instant().toEpochMilli());
        assertThat(offset.uncertainty()).isEqualTo(Duration.ofMillis(5));
        assertThat(offset.exceeds(LATE.minusMillis(20))).isTrue();
        assertThat(offset.exceeds(LATE)).isFalse();
        measure(LATE, Duration.ofNanos(1_000), Duration.ofNanos(1_000));
        assertThat(Duration.between(wall.plus(LATE), clock.instant()).abs())
                .as("a quicker answer is a better one")
                .isLessThanOrEqualTo(Duration.ofNanos(2_000));
    }

    @Test
    void aSlowAnswerDoesNotDisturbAClockThatMayBeRight() {
        measure(Duration.ZERO, Duration.ofMillis(1), Duration.ofSeconds(2));
        assertThat(clock.instant()).isEqualTo(wall);
        measure(Duration.ZERO, Duration.ofSeconds(2), Duration.ofMillis(1));
        assertThat(clock.instant()).isEqualTo(wall);
        assertThat(measure(Duration.ZERO, Duration.ofMillis(1), Duration.ofSeconds(5))
                        .exceeds(Duration.ofSeconds(1)))
                .as("half of the round trip is no difference")
                .isFalse();
    }

    @Test
    void aJumpOfTheMachinesClockIsNotSeen() {
        measure(Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(1));
        pass(Duration.ofSeconds(1));
        var right = wall;
        for (var jump : new Duration[] {LATE, LATE.negated(), Duration.ofDays(365)}) {
            wall = right.plus(jump);
            assertThat(clock.instant()).isEqualTo(right);
            assertThat(clock.offset()).isEqualTo(jump.negated());
            assertThat(measure(jump.negated(), Duration.ZERO, Duration.ZERO).offset())
                    .isEqualTo(jump.negated());
            assertThat(clock.instant()).isEqualTo(right);
        }
    }

    @Test
    void followsAPostgresqlWithAnotherClock() {
        measure(Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(1));
        measure(LATE.negated(), Duration.ZERO, Duration.ZERO);
        assertThat(clock.instant()).isEqualTo(wall.minus(LATE));
        measure(Duration.ofSeconds(5), Duration.ZERO, Duration.ZERO);
        assertThat(clock.instant()).isEqualTo(wall.plusSeconds(5));
    }

    @Test
    void ticksInMicrosecondsAsPostgresqlDoes() {
        pass(Duration.ofNanos(1_234_567));
        assertThat(clock.instant()).isEqualTo(NOON.plusNanos(1_234_000));
        measure(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        assertThat(clock.instant()).isEqualTo(NOON.plusNanos(1_234_000));
        assertThat(clock.getZone()).isEqualTo(ZoneOffset.UTC);
        assertThat(clock.withZone(ZoneOffset.UTC)).isSameAs(clock);
    }
}

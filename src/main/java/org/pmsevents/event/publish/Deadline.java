package org.pmsevents.event.publish;

import java.time.Duration;

/**
 * A time until which something is waited for, by the monotonic clock: a wall clock that is set does not move it.
 *
 * @param nanos by {@link System#nanoTime}
 */
public record Deadline(long nanos) {
    /** The deadline that ends after this time from now. */
    public static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /** The time that is left; negative once it has passed. */
    public Duration left() {
        return Duration.ofNanos(nanos - System.nanoTime());
    }
}

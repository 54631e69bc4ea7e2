package org.pmsevents.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses between attempts: doubled after each failure, and spread by chance so that many clients do not come back at once. */
final class Pauses {
    private static final int MOST_DOUBLED = 20;

    private final Duration shortest;
    private final Duration longest;
    private int failures;

    Pauses(Duration shortest, Duration longest) {
        this.shortest = shortest;
        this.longest = longest;
    }

    /** It has worked. */
    void reset() {
        failures = 0;
    }

    Duration next() {
        long doubled = shortest.toMillis() << Math.min(failures++, MOST_DOUBLED);
        return spread(Math.min(longest.toMillis(), doubled));
    }

    Duration longest() {
        return spread(longest.toMillis());
    }

    private static Duration spread(long millis) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(millis / 2, millis + 1));
    }
}

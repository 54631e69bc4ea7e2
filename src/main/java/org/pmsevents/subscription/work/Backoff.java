package org.pmsevents.subscription.work;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** The pauses between attempts: 5 s at first, doubled with each attempt, up to an hour, each give or take a quarter. */
@Singleton
public class Backoff {
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final int MOST_DOUBLINGS = 20;

    private final Duration first;

    @Inject
    Backoff() {
        this(FIRST);
    }

    protected Backoff(Duration first) {
        this.first = first;
    }

    /** The pause after that many attempts have failed, at least one. */
    Duration pause(int attempts) {
        long millis = first.toMillis() << Math.min(attempts - 1, MOST_DOUBLINGS);
        double spread = 0.75 + ThreadLocalRandom.current().nextDouble() / 2;
        return Duration.ofMillis((long) (Math.min(millis, LONGEST.toMillis()) * spread));
    }
}

package org.pmsevents;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waits for what comes by itself. */
public final class Waiting {
    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofMillis(100);

    /** Far longer than anything takes on a machine with too much to do. */
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private Waiting() {}

    /** Returns what this one brings, or throws what it fails with; gives up after 30 s. */
    public static <T> T get(Uni<T> work) {
        return work.await().atMost(ANSWER);
    }

    /** Looks at once, again after 10 ms, and then ever more rarely, down to every 100 ms; gives up after 10 s unless told otherwise. */
    public static ConditionFactory await() {
        return Awaitility.await()
                .pollInterval((looks, last) -> next(last.multipliedBy(2)))
                .pollDelay(Duration.ZERO);
    }

    /** @param what the failure says was waited for */
    public static ConditionFactory await(String what) {
        return await().alias(what);
    }

    private static Duration next(Duration twice) {
        if (twice.compareTo(SHORTEST) < 0) {
            return SHORTEST;
        }
        return twice.compareTo(LONGEST) > 0 ? LONGEST : twice;
    }
}

package org.pmsevents.platform.periodic;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Admits the first event of a kind and then one per interval, so that an outage is reported without flooding the log. */
public final class Throttle {
    private final Clock clock;
    private final long intervalMillis;
    private final Map<String, Long> last = new ConcurrentHashMap<>();

    public Throttle(Clock clock, Duration interval) {
        this.clock = clock;
        this.intervalMillis = interval.toMillis();
    }

    /** @param kind one of a small fixed set */
    public boolean admits(String kind) {
        long now = clock.millis();
        var before = last.get(kind);
        if (before != null && now - before < intervalMillis) {
            return false;
        }
        return before == null ? last.putIfAbsent(kind, now) == null : last.replace(kind, before, now);
    }
}

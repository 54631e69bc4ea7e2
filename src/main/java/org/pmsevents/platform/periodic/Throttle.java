package org.pmsevents.platform.periodic;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Admits the first event of a kind and then one per interval, so that an outage is reported without flooding the log. */
public final class Throttle {
    private final long intervalNanos;
    private final Map<String, Long> last = new ConcurrentHashMap<>();

    public Throttle(Duration interval) {
        this.intervalNanos = interval.toNanos();
    }

    /** @param kind one of a small fixed set */
    public boolean admits(String kind) {
        long now = System.nanoTime();
        var before = last.get(kind);
        if (before != null && now - before < intervalNanos) {
            return false;
        }
        return before == null ? last.putIfAbsent(kind, now) == null : last.replace(kind, before, now);
    }
}

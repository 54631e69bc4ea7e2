package org.pmsevents.metrics.cluster;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.pmsevents.metrics.Counts;
import org.pmsevents.metrics.Steps;

/**
 * Reads the cluster's sums. Steps that are over hardly change any more: only by counts that a replica could not send before. So
 * they are read again only now and then, the newest ones each time.
 */
@ApplicationScoped
public class SumReads {
    /** More than clocks may differ and counts may be late. */
    private static final int NEWEST = 2;

    private static final Duration AGAIN = Duration.ofSeconds(30);

    private final MetricsGateway gateway;
    private final Clock clock;
    private final Map<Steps.Window, Known> known = new EnumMap<>(Steps.Window.class);

    private record Known(Instant readAt, long upTo, Map<Long, Counts> sums) {}

    SumReads(MetricsGateway gateway, Clock clock) {
        this.gateway = gateway;
        this.clock = clock;
    }

    /** Returns the sums of the steps of a window that ends now; steps without sums are missing. */
    Uni<Map<Long, Counts>> read(Steps.Window window) {
        var now = clock.instant();
        var steps = window.until(now);
        var before = known(window);
        boolean fresh = before.readAt().plus(AGAIN).isAfter(now) && before.upTo() >= steps.get(steps.size() - NEWEST);
        var wanted = fresh ? steps.subList(steps.size() - NEWEST, steps.size()) : steps;
        return gateway.read(window, wanted).map(read -> {
            var sums = new TreeMap<Long, Counts>();
            if (fresh) {
                sums.putAll(before.sums());
                sums.keySet().removeAll(wanted);
                sums.headMap(steps.get(0)).clear();
            } else {
                keep(window, new Known(now, steps.get(steps.size() - 1), read));
            }
            sums.putAll(read);
            return sums;
        });
    }

    private synchronized Known known(Steps.Window window) {
        return known.getOrDefault(window, new Known(Instant.EPOCH, 0, Map.of()));
    }

    private synchronized void keep(Steps.Window window, Known read) {
        known.put(window, read);
    }
}

package org.pmsevents.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.pmsevents.faults.Promises.Kind;

/** How often each fault happened and how long it took until all was well again, and what the run has seen in all. */
final class Report {
    private final Map<String, List<Duration>> recoveries = new TreeMap<>();
    private int faults;

    void recovered(Fault fault, Duration recovery) {
        recoveries.computeIfAbsent(fault.name(), name -> new ArrayList<>()).add(recovery);
        faults++;
    }

    String table() {
        var table = new StringBuilder(row("fault", "times", "recovery: min", "median", "max"));
        recoveries.forEach((name, all) -> {
            Collections.sort(all);
            table.append(row(
                    name,
                    Integer.toString(all.size()),
                    seconds(all.get(0)),
                    seconds(all.get(all.size() / 2)),
                    seconds(all.get(all.size() - 1))));
        });
        return table.toString();
    }

    private static String row(String name, String... columns) {
        var row = new StringBuilder("  %-44s".formatted(name));
        for (var column : columns) {
            row.append("%15s".formatted(column));
        }
        return row.append('\n').toString();
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1_000.0);
    }

    String totals(Ground ground) {
        var promises = ground.shop().promises();
        var followers = ground.followers();
        return """
                  %d faults
                  %d changes acknowledged: %d movements, %d counts by webhook, %d products and %d changes of them, %d jobs
                  %d of them lost because the database went back, %d times
                  %d requests repeated, %d answered by an earlier answer, %d answers said that the outcome is unknown
                  %d events told to %d subscribers, which resumed %d times and were reset %d times
                """.formatted(
                        faults,
                        promises.count() + promises.lost(),
                        promises.count(Kind.MOVEMENT),
                        promises.count(Kind.COUNT),
                        promises.count(Kind.PRODUCT),
                        promises.count(Kind.PRODUCT_CHANGE),
                        promises.count(Kind.JOB),
                        promises.lost(),
                        ground.backs().size(),
                        ground.caller().retries(),
                        ground.caller().replayed(),
                        ground.caller().unknown(),
                        followers.stream().mapToLong(Follower::events).sum(),
                        followers.size(),
                        followers.stream().mapToInt(Follower::resumed).sum(),
                        followers.stream().mapToInt(Follower::resets).sum());
    }
}

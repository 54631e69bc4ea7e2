package org.pmsevents.faults;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What a run is told by system properties.
 *
 * @param seed {@code faults.seed}: the same seed gives the same faults in the same order; by default another one for each run
 * @param length {@code faults.minutes}: no fault begins after that
 * @param only {@code faults.only}: parts of names, separated by commas; only faults with one of them in their name. Empty: all
 */
record Settings(long seed, Duration length, List<String> only) {
    private static final String MINUTES = "4";

    static Settings ofProperties() {
        var seed = System.getProperty("faults.seed");
        return new Settings(
                seed == null ? new Random().nextInt(1_000_000) : Long.parseLong(seed),
                Duration.ofSeconds(Math.round(60 * Double.parseDouble(System.getProperty("faults.minutes", MINUTES)))),
                Stream.of(System.getProperty("faults.only", "").split(","))
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .toList());
    }

    boolean wants(Fault fault) {
        return only.isEmpty() || only.stream().anyMatch(fault.name()::contains);
    }

    /** What has to be given to Maven to have the same faults again. */
    String replay() {
        return "-Dfaults.seed=" + seed + (only.isEmpty() ? "" : " -Dfaults.only=" + String.join(",", only));
    }
}

package org.pmsevents.metrics;

import io.restassured.RestAssured;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What Prometheus is told by a replica. */
public final class Scrape {
    private final List<String> samples;

    private Scrape(List<String> samples) {
        this.samples = samples;
    }

    /** @param management the address of the replica's management port */
    public static Scrape of(URI management) {
        return new Scrape(RestAssured.get(management.resolve("/q/metrics"))
                .asString()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList());
    }

    /** The lines {@code name{labels} value}. */
    public List<String> samples() {
        return samples;
    }

    /** The names without labels. */
    public Set<String> names() {
        return samples.stream().map(sample -> sample.split("[{ ]", 2)[0]).collect(Collectors.toUnmodifiableSet());
    }

    /** The sum of all samples of the name whose line has all these in it. */
    public double sum(String name, String... labels) {
        return samples.stream()
                .filter(sample -> sample.startsWith(name + "{") || sample.startsWith(name + " "))
                .filter(sample -> List.of(labels).stream().allMatch(sample::contains))
                .mapToDouble(sample -> Double.parseDouble(sample.substring(sample.lastIndexOf(' ') + 1)))
                .sum();
    }
}

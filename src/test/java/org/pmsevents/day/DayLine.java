package org.pmsevents.day;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A line of the repository's trading day, for tests that need the day as a load.
 *
 * @param delta negative where it was sold, positive where it came back
 */
public record DayLine(String sku, int delta) {
    /** Those about so many SKUs, the ones that have the most lines, in the order of the file. */
    public static List<DayLine> ofTheMostMoved(int skus) throws IOException {
        var lines = DaySettings.standard().day().lines();
        var counts = lines.stream().collect(Collectors.groupingBy(InvoiceLine::sku, Collectors.counting()));
        var most = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(skus)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        return lines.stream()
                .filter(line -> most.contains(line.sku()))
                .map(line -> new DayLine(line.sku(), line.delta()))
                .toList();
    }
}

package org.pmsevents.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.pmsevents.cluster.Replica;

/**
 * Rounds of a job in turn with its limit, on the same machine and servers, so that their ratio can be looked at. Prints a table, and
 * leaves {@code target/bench/<name>.json} and a plot of the ratios beside it, {@code <name>.svg}.
 */
final class Comparison {
    private static final Path FOLDER = Path.of("target", "bench");

    private final String name;
    private final String about;
    private final List<Round> rounds = new ArrayList<>();

    /** @param about what was compared, in a few words */
    Comparison(String name, String about) {
        this.name = name;
        this.about = about;
    }

    /**
     * One round.
     *
     * @param limit what the limit does a second
     * @param service what the service does a second
     * @param more further measures, by the heads of their columns
     */
    private record Round(double limit, double service, double ratio, Map<String, Double> more) {}

    private record Result(String name, String about, double ratio, double from, double to, List<Round> rounds) {}

    /** Measures the service for that long. */
    void round(double limit, Replica replica, HttpLoad load, Duration time) throws Exception {
        var before = replica.cpuTime();
        var result = load.run(time).allDone();
        var cpu = replica.cpuTime().minus(before);
        var more = new LinkedHashMap<String, Double>();
        more.put("CPU µs each", cpu.toNanos() / 1e3 / result.sortedNanos().length);
        more.put("p50 ms", result.millis(0.5));
        more.put("p99 ms", result.millis(0.99));
        round(limit, result.perSecond(), more);
    }

    /** A round that was measured elsewhere. */
    void round(double limit, double service, Map<String, Double> more) {
        rounds.add(new Round(limit, service, service / limit, more));
    }

    /** Prints and writes what the rounds have found. */
    void report() throws IOException {
        System.out.printf("%n%s: %s%nround    limit/s  service/s  ratio", name, about);
        rounds.get(0).more().keySet().forEach(column -> System.out.printf("  %11s", column));
        System.out.println();
        for (int i = 0; i < rounds.size(); i++) {
            var round = rounds.get(i);
            System.out.printf("%5d %10.0f %10.0f %6.2f", i + 1, round.limit(), round.service(), round.ratio());
            round.more().values().forEach(value -> System.out.printf("  %11.1f", value));
            System.out.println();
        }
        var ratios = sorted(Round::ratio);
        var result = new Result(name, about, ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1], rounds);
        System.out.printf("ratio: median %.2f, from %.2f to %.2f%n", result.ratio(), result.from(), result.to());
        Files.createDirectories(FOLDER);
        new ObjectMapper()
                .writerWithDefaultPrettyPrinter()
                .writeValue(FOLDER.resolve(name + ".json").toFile(), result);
        Files.writeString(FOLDER.resolve(name + ".svg"), plot());
    }

    private double[] sorted(ToDoubleFunction<Round> value) {
        return rounds.stream().mapToDouble(value).sorted().toArray();
    }

    /** A bar for each round, and a line where the service does as much as its limit. */
    private String plot() {
        var ratios = sorted(Round::ratio);
        double highest = Math.max(1.1, ratios[ratios.length - 1] * 1.1);
        int width = 60 * rounds.size() + 40;
        var bars = new StringBuilder();
        for (int i = 0; i < rounds.size(); i++) {
            double height = 200 * rounds.get(i).ratio() / highest;
            bars.append("<rect x='%d' y='%.0f' width='40' height='%.0f' fill='#4a7ebb'/>%n"
                    .formatted(50 + 60 * i, 240 - height, height));
            bars.append("<text x='%d' y='%.0f' font-size='12'>%.2f</text>%n"
                    .formatted(55 + 60 * i, 235 - height, rounds.get(i).ratio()));
        }
        double one = 240 - 200 / highest;
        return """
                <svg xmlns='http://www.w3.org/2000/svg' width='%1$d' height='270' font-family='sans-serif'>
                <text x='10' y='20' font-size='14'>%2$s: service / limit</text>
                %3$s<line x1='40' x2='%1$d' y1='%4$.0f' y2='%4$.0f' stroke='#c00' stroke-dasharray='4'/>
                <text x='10' y='%4$.0f' font-size='12'>1.0</text>
                </svg>
                """.formatted(width, name, bars, one);
    }
}

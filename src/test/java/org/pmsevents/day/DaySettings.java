package org.pmsevents.day;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.pmsevents.http.security.Tokens;

/**
 * Against which service a day is replayed, from the system properties {@code day.services}, {@code day.token},
 * {@code day.prefix} and {@code day.file}.
 *
 * @param services where the replicas listen; empty: the test starts two of its own
 * @param token of somebody who may write products and stock; without one that of an admin in dev mode
 * @param prefix put before every SKU, so that a service that has had the day can have it again
 * @param file another day than the one of the repository, or null
 */
record DaySettings(List<URI> services, String token, String prefix, Path file) {
    private static final String DAY = "2010-12-01.csv";

    static DaySettings ofProperties() {
        var file = System.getProperty("day.file");
        return new DaySettings(
                Arrays.stream(System.getProperty("day.services", "").split(","))
                        .map(String::strip)
                        .filter(service -> !service.isEmpty())
                        .map(URI::create)
                        .toList(),
                System.getProperty("day.token", Tokens.of("day", "admin")),
                System.getProperty("day.prefix", ""),
                file == null ? null : Path.of(file));
    }

    /** The repository's day on a service of the test's own. */
    static DaySettings standard() {
        return new DaySettings(List.of(), "", "", null);
    }

    String name() {
        return file == null ? DAY : file.getFileName().toString();
    }

    TradingDay day() throws IOException {
        try (var csv = open()) {
            return TradingDay.read(csv);
        }
    }

    private Reader open() throws IOException {
        if (file != null) {
            return Files.newBufferedReader(file);
        }
        return new InputStreamReader(
                Objects.requireNonNull(DaySettings.class.getResourceAsStream("/online-retail/" + DAY)),
                StandardCharsets.UTF_8);
    }
}

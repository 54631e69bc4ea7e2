package org.pmsevents.queue;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@code Retry-After} in both its forms (RFC 9110, section 10.2.3). */
public final class RetryAfter {
    private static final int MOST_DIGITS = 9;

    private RetryAfter() {}

    /**
     * Returns how long to wait.
     *
     * @param longest upper limit; longer times are reduced to it
     * @return empty if the header is absent or unreadable
     */
    public static Optional<Duration> parse(@Nullable String header, Instant now, Duration longest) {
        return header == null ? Optional.empty() : read(header.strip(), now).map(pause -> bounded(pause, longest));
    }

    private static Optional<Duration> read(String text, Instant now) {
        if (text.matches("[0-9]+")) {
            return Optional.of(
                    Duration.ofSeconds(text.length() > MOST_DIGITS ? Integer.MAX_VALUE : Integer.parseInt(text)));
        }
        try {
            var date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Optional.of(Duration.between(now, date.toInstant()));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static Duration bounded(Duration pause, Duration longest) {
        if (pause.isNegative()) {
            return Duration.ZERO;
        }
        return pause.compareTo(longest) > 0 ? longest : pause;
    }
}

package org.pmsevents.platform.json;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;

/**
 * Writes times as all JSON of this service has them: ISO 8601 in UTC with six digits of a second, such as
 * {@code 2026-11-23T10:00:00.120000Z}. Texts of one length sort by time, and PostgreSQL keeps as many digits.
 */
public final class JsonTime {
    private static final DateTimeFormatter MICROSECONDS =
            new DateTimeFormatterBuilder().appendInstant(6).toFormatter();

    private JsonTime() {}

    /** The time, without what is smaller than a microsecond. */
    public static String text(Instant time) {
        return MICROSECONDS.format(time);
    }

    /** Whether two texts are the same time; earlier versions left out zeros at the end. */
    public static boolean isSame(String one, String other) {
        try {
            return one.equals(other) || Instant.parse(one).equals(Instant.parse(other));
        } catch (DateTimeParseException e) {
            return false;
        }
    }
}

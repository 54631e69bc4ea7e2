package org.pmsevents.day;

import java.time.Duration;
import java.util.Locale;

/** The table of a replayed day: what the model expects beside what the service shows. */
final class DayReport {
    private static final String ROW = "  %-44s %10s %10s%n";

    private final StringBuilder text = new StringBuilder();

    DayReport(String title) {
        text.append(String.format(Locale.ROOT, "%n%s%n%n" + ROW, title, "", "expected", "found"));
    }

    DayReport row(String what, int expected, int found) {
        return row(what, number(expected), number(found));
    }

    /** Where there is nothing to expect. */
    DayReport row(String what, int found) {
        return row(what, "", number(found));
    }

    /** How long so many took. */
    DayReport row(String what, int count, Duration time) {
        double seconds = time.toMillis() / 1_000.0;
        return row(what, "", String.format(Locale.ROOT, "%.1f s", seconds))
                .row("  a second", (int) Math.round(count / seconds));
    }

    private DayReport row(String what, String expected, String found) {
        text.append(String.format(Locale.ROOT, ROW, what, expected, found));
        return this;
    }

    private static String number(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

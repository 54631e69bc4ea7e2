package org.pmsevents.day;

import java.time.Duration;
import java.util.Locale;

/** The table of a replayed day: what the file says must be beside what was found. */
final class DayReport {
    private static final String ROW = "  %-44s %10s %10s%n";

    private final StringBuilder text = new StringBuilder();

    private DayReport(DayRun run) {
        text.append(String.format(
                "%n%s, replicas: %d, requests in flight: %d%n%n",
                run.settings.name(), run.replicas.size(), DayReplay.IN_FLIGHT));
        text.append(String.format(ROW, "", "expected", "found"));
        lines(run);
        books(run);
        listeners(run);
        requests(run);
    }

    static String of(DayRun run) {
        return new DayReport(run).text.toString();
    }

    private void lines(DayRun run) {
        row("lines read", run.day.read());
        for (var why : Refusal.values()) {
            row("  not sent: " + why.code(), run.day.refused(why).size());
        }
        var outcomes = run.outcomes().values();
        row("lines sent", run.day.lines().size(), outcomes.size());
        row(
                "  accepted",
                run.model.accepted(),
                outcomes.stream().filter(Outcome::isAccepted).count());
        row(
                "  refused: " + Shelf.INSUFFICIENT,
                run.model.refused(),
                outcomes.stream()
                        .filter(outcome -> outcome.code().equals(Shelf.INSUFFICIENT))
                        .count());
    }

    private void books(DayRun run) {
        var shelves = run.model.shelves();
        row("products", shelves.size(), run.books.stock().size());
        row("movements of opening counts and lines", run.model.movements(), run.books.movements());
        row(
                "shelves that hold what they should",
                shelves.size(),
                shelves.entrySet().stream()
                        .filter(each -> each.getValue().onHand()
                                == run.books
                                        .stock()
                                        .get(each.getKey())
                                        .path("onHand")
                                        .asInt(-1))
                        .count());
        row("low-stock alerts", run.model.alerts(), run.books.alerts());
        row("events in the feed", run.model.events(), run.books.events());
    }

    private void listeners(DayRun run) {
        int events = run.books.feed().size();
        row("  told to the listener that stays", events, run.told(run.steady).size());
        row("  told to the listener that drops", events, run.told(run.restless).size());
        row("    connections that it dropped", run.restless.resumed());
    }

    private void requests(DayRun run) {
        int repeated = run.replay.repeated().size();
        row(
                "keys sent again, answered as before",
                repeated,
                repeated - run.answeredOtherwise().size());
        row(
                "requests asked again for want of an answer",
                run.service.askedAgain().size());
        row("seconds for products, counts, thresholds", run.opening());
        row("seconds for the lines", run.trading());
        row(
                "  lines a second",
                Math.round(run.replay.answers().size() * 1e9 / run.trading().toNanos()));
    }

    private void row(String what, long expected, long found) {
        row(what, number(expected), number(found));
    }

    private void row(String what, long found) {
        row(what, "", number(found));
    }

    private void row(String what, Duration time) {
        row(what, "", String.format(Locale.ROOT, "%.1f", time.toMillis() / 1e3));
    }

    private void row(String what, String expected, String found) {
        text.append(String.format(ROW, what, expected, found));
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}

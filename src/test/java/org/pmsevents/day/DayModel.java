package org.pmsevents.day;

import java.util.LinkedHashMap;
import java.util.Map;

/** What must become of a whole day, reckoned from the file alone. */
final class DayModel {
    private final Map<String, Shelf> shelves = new LinkedHashMap<>();
    private final Map<InvoiceLine, Outcome> outcomes = new LinkedHashMap<>();

    DayModel(TradingDay day) {
        day.goods().forEach(goods -> shelves.put(goods.sku(), new Shelf()));
        day.lines().forEach(line -> outcomes.put(line, shelves.get(line.sku()).take(line)));
    }

    Map<String, Shelf> shelves() {
        return shelves;
    }

    /** In the order of the file. */
    Map<InvoiceLine, Outcome> outcomes() {
        return outcomes;
    }

    int accepted() {
        return (int) outcomes.values().stream().filter(Outcome::isAccepted).count();
    }

    int refused() {
        return outcomes.size() - accepted();
    }

    int movements() {
        return shelves.values().stream()
                .mapToInt(shelf -> shelf.movements().size())
                .sum();
    }

    int alerts() {
        return shelves.values().stream().mapToInt(Shelf::alerts).sum();
    }

    int events() {
        return shelves.values().stream().mapToInt(shelf -> shelf.story().size()).sum();
    }
}

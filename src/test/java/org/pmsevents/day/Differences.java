package org.pmsevents.day;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What differs between thousands of things that should be alike, in as many lines as one can read. */
final class Differences {
    private static final int SHOWN = 10;

    private Differences() {}

    /** The first keys whose values differ, with both; empty if the maps are alike. */
    static List<String> between(Map<?, ?> expected, Map<?, ?> found) {
        var keys = new LinkedHashSet<Object>(expected.keySet());
        keys.addAll(found.keySet());
        return keys.stream()
                .filter(key -> !Objects.equals(expected.get(key), found.get(key)))
                .limit(SHOWN)
                .map(key -> key + ": expected " + expected.get(key) + " but found " + found.get(key))
                .toList();
    }

    /** Where the lists part, with what both have there; empty if they are alike. */
    static List<String> between(List<?> expected, List<?> found) {
        int place = 0;
        while (place < expected.size()
                && place < found.size()
                && expected.get(place).equals(found.get(place))) {
            place++;
        }
        return place == expected.size() && place == found.size()
                ? List.of()
                : List.of("at " + place + " of " + expected.size() + ": expected " + at(place, expected) + " but found "
                        + at(place, found) + " of " + found.size());
    }

    private static Object at(int place, List<?> list) {
        return place < list.size() ? list.get(place) : "the end";
    }
}

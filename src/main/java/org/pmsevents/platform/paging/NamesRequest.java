package org.pmsevents.platform.paging;

import java.util.List;
import java.util.Map;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.problem.Violations;

/**
 * A request for some items by their names, instead of a page of the list.
 *
 * @param names in NFC, each once, in the order in which they were asked for
 */
public record NamesRequest(List<String> names) {
    private static final int MAX_NAMES = 100;

    /**
     * @param parameter of the query, which is there and is repeated for each name
     * @param given all parameters of the query: a missing value is an empty text
     * @param ofPages parameters that only pages have
     * @throws org.pmsevents.platform.problem.AppException 400 with all violations
     */
    public static NamesRequest of(String parameter, Map<String, List<String>> given, List<String> ofPages) {
        var violations = new Violations();
        for (var other : ofPages) {
            if (given.containsKey(other)) {
                violations.add(
                        "?" + other,
                        "not-combinable",
                        other + " can't be combined with " + parameter + ": leave one of them out.");
            }
        }
        var names = given.getOrDefault(parameter, List.of()).stream()
                .map(NormalText::of)
                .distinct()
                .toList();
        if (names.contains("")) {
            violations.add("?" + parameter, "format", parameter + " must have a value.");
        }
        if (names.size() > MAX_NAMES) {
            violations.add(
                    "?" + parameter,
                    "too-many",
                    "At most " + MAX_NAMES + " different values of " + parameter + " are answered, and these are "
                            + names.size() + ": ask for the others in another request.");
        }
        violations.throwIfAny();
        return new NamesRequest(names);
    }
}

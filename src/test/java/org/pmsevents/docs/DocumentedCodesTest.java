package org.pmsevents.docs;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

/** That the pages on errors and alerts list the codes and keys which the code has, and that other pages name no others. */
@Pure
class DocumentedCodesTest {
    private static final SourceText SOURCE = new SourceText();
    private static final Page ERRORS = Page.of(Page.REFERENCE.resolve("errors.md"));
    private static final Page ALERTS = Page.of(Page.REFERENCE.resolve("alerts.md"));
    private static final Pattern CODE = Pattern.compile("[a-z]+(-[a-z]+)*");
    private static final Pattern LINE_CODE_IN_SQL = Pattern.compile("THEN '([a-z]+(?:-[a-z]+)+)'");
    private static final Pattern STATUS_AND_CODES =
            Pattern.compile("\\b([45]\\d\\d) ((?:`[a-z]+(?:-[a-z]+)*`(?:, | or | and )?)+)");
    private static final Pattern ALERT_NAMED = Pattern.compile("\\balerts? `([^`]+)`");
    private static final Pattern PROMETHEUS_ALERT = Pattern.compile("\\bPmsEvents(?!Client\\b)[A-Z]\\w+");
    private static final Path RULES = Path.of("deploy", "prometheus", "alerts.yml");

    /** What a code is told in, and the part of the page that lists it. */
    private enum Kind {
        PROBLEM("Problem codes", 50),
        VIOLATION("Violation codes", 18),
        LINE("Codes of lines", 6),
        WEBSOCKET("WebSocket error codes", 5),
        SYSTEM("Codes of `error.system` events", 3);

        private final String heading;
        private final int atLeast;

        Kind(String heading, int atLeast) {
            this.heading = heading;
            this.atLeast = atLeast;
        }
    }

    /** By the class whose parameter {@code code} is given it; all others make problems. */
    private static final Map<String, Kind> KINDS = Map.ofEntries(
            entry("Violation", Kind.VIOLATION),
            entry("Violations", Kind.VIOLATION),
            entry("ItemViolations", Kind.VIOLATION),
            entry("Fields", Kind.VIOLATION),
            entry("LineOutcome", Kind.LINE),
            entry("LineResult", Kind.LINE),
            entry("CountOutcome", Kind.LINE),
            entry("SyncReport", Kind.LINE),
            entry("Fault", Kind.LINE),
            entry("Line", Kind.LINE),
            entry("Cells", Kind.LINE),
            entry("ImportRequest", Kind.VIOLATION),
            entry("LiveProtocol", Kind.WEBSOCKET),
            entry("LiveSession", Kind.WEBSOCKET),
            entry("SystemError", Kind.SYSTEM),
            entry("ErrorFlow", Kind.SYSTEM));

    /** Marks a line within a statement, whose request then waits. */
    private static final String NEVER_AN_ANSWER = "held";

    /** The codes in the code, each with the statuses that it is known to have. */
    private static final Map<Kind, Map<String, Set<Integer>>> CODES = codes();

    private static Map<Kind, Map<String, Set<Integer>>> codes() {
        var codes = new EnumMap<Kind, Map<String, Set<Integer>>>(Kind.class);
        for (var kind : Kind.values()) {
            codes.put(kind, new TreeMap<>());
        }
        for (var declaration : List.of("String code", "@Nullable String code")) {
            for (var parameter : SOURCE.parameters(declaration)) {
                var found = codes.get(
                        parameter.method().equals("validationFailed")
                                ? Kind.VIOLATION
                                : KINDS.getOrDefault(parameter.declaredIn(), Kind.PROBLEM));
                for (var call : SOURCE.callsWith(parameter)) {
                    for (var code : SOURCE.texts(call, parameter.index())) {
                        if (CODE.matcher(code).matches()) {
                            found.computeIfAbsent(code, each -> new TreeSet<>()).addAll(status(call));
                        }
                    }
                }
            }
        }
        var sql = SourceText.filesUnder(Path.of("src", "main"), "").stream()
                .filter(file -> file.toString().matches(".*\\.(java|sql)"))
                .map(SourceText::read)
                .collect(Collectors.joining("\n"));
        LINE_CODE_IN_SQL
                .matcher(sql)
                .results()
                .forEach(code -> codes.get(Kind.LINE).putIfAbsent(code.group(1), new TreeSet<>()));
        codes.get(Kind.LINE).remove(NEVER_AN_ANSWER);
        return codes;
    }

    /** The status that a call gives, or that its method of AppException has; none where it is a variable. */
    private static Set<Integer> status(SourceText.Call call) {
        var first = call.arguments().get(0);
        if (first.matches("\\d{3}")) {
            return Set.of(Integer.valueOf(first));
        }
        return Pattern.compile("AppException " + call.name() + "\\(String code[^{]*\\{\\s*return of\\((\\d{3}),")
                .matcher(SOURCE.of("AppException"))
                .results()
                .map(status -> Integer.valueOf(status.group(1)))
                .collect(Collectors.toSet());
    }

    /** The codes that the page lists under a heading, with their statuses. */
    private static Map<String, Set<Integer>> listed(String heading) {
        var listed = new TreeMap<String, Set<Integer>>();
        for (var row : ERRORS.rows()) {
            if (row.isUnder(heading) && row.has("code")) {
                for (var code : row.spans("code")) {
                    listed.computeIfAbsent(code, each -> new TreeSet<>())
                            .addAll(numbers(row.cells()
                                    .getOrDefault("status", row.headings().getOrDefault(3, ""))));
                }
            }
        }
        return listed;
    }

    private static Set<Integer> numbers(String text) {
        return Pattern.compile("\\b\\d{3}\\b")
                .matcher(text)
                .results()
                .map(number -> Integer.valueOf(number.group()))
                .collect(Collectors.toSet());
    }

    private static Set<String> both(Set<String> some, Set<String> others) {
        var both = new TreeSet<>(some);
        both.addAll(others);
        return both;
    }

    private static Set<String> codes(Kind kind) {
        return CODES.get(kind).keySet();
    }

    @Test
    void theCodesInTheCodeAreFound() {
        for (var kind : Kind.values()) {
            assertThat(codes(kind)).as(kind.name()).hasSizeGreaterThanOrEqualTo(kind.atLeast);
        }
    }

    @Test
    void everyProblemIsListedWithItsStatus() {
        var listed = listed(Kind.PROBLEM.heading);
        assertThat(listed.keySet()).containsAll(codes(Kind.PROBLEM));
        assertThat(both(codes(Kind.PROBLEM), codes(Kind.LINE))).containsAll(listed.keySet());
        CODES.get(Kind.PROBLEM).forEach((code, statuses) -> {
            if (!statuses.isEmpty()) {
                assertThat(listed.get(code)).as(code).isEqualTo(statuses);
            }
        });
    }

    @Test
    void everyViolationIsListed() {
        assertThat(listed(Kind.VIOLATION.heading).keySet()).isEqualTo(codes(Kind.VIOLATION));
    }

    @Test
    void everyCodeOfALineIsListed() {
        assertThat(listed(Kind.LINE.heading).keySet()).isEqualTo(codes(Kind.LINE));
    }

    @Test
    void everyErrorOfAWebSocketIsListed() {
        var listed = listed(Kind.WEBSOCKET.heading).keySet();
        assertThat(listed).containsAll(codes(Kind.WEBSOCKET));
        assertThat(both(codes(Kind.WEBSOCKET), codes(Kind.PROBLEM))).containsAll(listed);
    }

    @Test
    void everySystemErrorIsListed() {
        var listed = listed(Kind.SYSTEM.heading).keySet();
        assertThat(both(listed, codes(Kind.PROBLEM))).containsAll(codes(Kind.SYSTEM));
        assertThat(codes(Kind.SYSTEM)).containsAll(listed);
    }

    @Test
    void otherPagesNameCodesWithTheStatusThatIsListed() {
        var listed = new TreeMap<String, Set<Integer>>();
        for (var heading : List.of(Kind.PROBLEM.heading, Kind.LINE.heading)) {
            listed(heading)
                    .forEach((code, statuses) -> listed.computeIfAbsent(code, each -> new TreeSet<>())
                            .addAll(statuses));
        }
        var wrong = new ArrayList<String>();
        int named = 0;
        for (var page : Page.ofThePresent()) {
            for (var found : STATUS_AND_CODES.matcher(page.prose()).results().toList()) {
                for (var code : found.group(2).split("[^a-z-]+(?:or|and)?[^a-z-]*")) {
                    if (!code.isEmpty()) {
                        named++;
                        if (!listed.getOrDefault(code, Set.of()).contains(Integer.valueOf(found.group(1)))) {
                            wrong.add(page + ": " + found.group(1) + " " + code);
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(named).isGreaterThan(50);
    }

    /** The keys of the alerts that the code raises, up to what differs from one to the next, with their severities. */
    private static Map<String, String> raised() {
        var raised = new TreeMap<String, String>();
        for (var parameter : SOURCE.parameters("String key")) {
            if (parameter.declaredIn().equals("Alert")
                    && Set.of("warning", "critical").contains(parameter.method())) {
                for (var call : SOURCE.callsWith(parameter)) {
                    SOURCE.texts(call, parameter.index()).stream()
                            .findFirst()
                            .ifPresent(key -> raised.put(key, parameter.method()));
                }
            }
        }
        return raised;
    }

    private static Map<String, String> listedAlerts(String column, Page page) {
        var listed = new TreeMap<String, String>();
        for (var row : page.rows()) {
            if (row.has(column) && row.has("severity")) {
                row.spans(column)
                        .forEach(name -> listed.put(
                                name.replaceFirst("<.*", ""), row.cells().get("severity")));
            }
        }
        return listed;
    }

    @Test
    void everyAlertIsListedWithItsSeverity() {
        assertThat(listedAlerts("key", ALERTS)).hasSizeGreaterThan(10).isEqualTo(raised());
    }

    @Test
    void everyRuleOfPrometheusIsListedWithItsSeverity() {
        var rules = new TreeMap<String, String>();
        Pattern.compile("- alert: (\\w+)\\n(?:(?!- alert:).)*?severity: (\\w+)", Pattern.DOTALL)
                .matcher(SourceText.read(RULES))
                .results()
                .forEach(rule -> rules.put(rule.group(1), rule.group(2)));
        assertThat(listedAlerts("rule", ALERTS)).hasSizeGreaterThan(10).isEqualTo(rules);
    }

    @Test
    void otherPagesNameAlertsThatAreListed() {
        var keys = listedAlerts("key", ALERTS).keySet();
        var families = keys.stream()
                .filter(key -> key.contains(":"))
                .map(key -> key.substring(0, key.indexOf(':') + 1))
                .collect(Collectors.toSet());
        Predicate<String> isListed =
                name -> keys.stream().anyMatch(key -> key.endsWith(":") ? name.startsWith(key) : name.equals(key));
        var rules = listedAlerts("rule", ALERTS).keySet();
        var unknown = new ArrayList<String>();
        for (var page : Page.ofThePresent()) {
            var named = new TreeSet<String>();
            page.spans().stream()
                    .filter(span -> families.stream().anyMatch(span::startsWith))
                    .forEach(named::add);
            ALERT_NAMED.matcher(page.prose()).results().forEach(alert -> named.add(alert.group(1)));
            named.removeIf(isListed);
            named.addAll(page.find(PROMETHEUS_ALERT));
            named.removeAll(rules);
            named.forEach(name -> unknown.add(page + ": " + name));
        }
        assertThat(unknown).isEmpty();
    }
}

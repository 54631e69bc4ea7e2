package org.pmsevents.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

/** That README.md and src/docs lead where they say, and name settings and classes that there are. */
@Pure
class DocsTest {
    private static final int README_BYTES = 12_000;
    private static final Path DECISIONS = Page.FOLDER.resolve("decisions");
    private static final Pattern EXTERNAL = Pattern.compile("https?://.*");
    private static final Pattern ENVIRONMENT = Pattern.compile("\\bPMS_EVENTS_[A-Z_]+");
    private static final Pattern PROPERTY = Pattern.compile("(?<![\\w/.-])pms-events(?:\\.[a-z][a-z-]*)+");
    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{(pms-events\\.[a-z.-]+)");
    private static final Pattern OUR_CLASS =
            Pattern.compile("\\b[A-Z]\\w*[a-z0-9](?:Flow|Table|Handler|Gateway|Resource|IT|Test|Config|Rules|Job)\\b");
    private static final Pattern CLASS = Pattern.compile("\\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\\b");
    private static final Pattern CLASS_OR_MEMBER = Pattern.compile("(" + CLASS + ")(?:\\.\\w+)*");
    private static final Pattern DECLARED_OR_IMPORTED =
            Pattern.compile("\\b(?:class|interface|record|enum) (\\w+)|\\bimport [\\w.]+\\.(\\w+);");
    /** Names in the style of a class that are none of the sources: what is not to be used, and what browsers have. */
    private static final Set<String> SPOKEN_OF = Set.of("JsonObject", "EventSource");

    private static final String PROMETHEUS_ALERT = "PmsEvents";

    private final List<Page> pages = Page.all();

    @Test
    void everyLinkLeadsSomewhere() {
        var broken = new ArrayList<String>();
        int links = 0;
        for (var page : pages) {
            for (var link : page.links()) {
                links++;
                if (!EXTERNAL.matcher(link).matches() && !leadsSomewhere(page, link)) {
                    broken.add(page + ": " + link);
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(links).isGreaterThan(250);
    }

    private static boolean leadsSomewhere(Page page, String link) {
        var target = page.target(link);
        if (!Files.exists(target)) {
            return false;
        }
        int hash = link.indexOf('#');
        return hash < 0
                || (target.toString().endsWith(".md")
                        && Page.of(target).anchors().contains(link.substring(hash + 1)));
    }

    @Test
    void everyPageIsReachedFromTheTableOfContents() throws IOException {
        var byPath = pages.stream().collect(Collectors.toMap(Page::path, page -> page));
        var reached = new TreeSet<Path>();
        var next = new ArrayDeque<>(List.of(Page.FOLDER.resolve("index.md")));
        while (!next.isEmpty()) {
            var path = next.remove();
            var page = byPath.get(path);
            if (reached.add(path) && page != null) {
                page.links().stream()
                        .filter(link -> !EXTERNAL.matcher(link).matches())
                        .map(page::target)
                        .forEach(next::add);
            }
        }
        try (var files = Files.walk(Page.FOLDER)) {
            assertThat(files.filter(Files::isRegularFile)).isSubsetOf(reached);
        }
    }

    @Test
    void everyDecisionIsListedUnderItsTitle() {
        var listed = new TreeMap<Path, String>();
        var list = Page.of(DECISIONS.resolve("README.md"));
        var entry = Pattern.compile("\\[(\\d{4})]\\((\\1-[a-z0-9-]+\\.md)\\)");
        for (var row : list.rows()) {
            var record = entry.matcher(row.cells().getOrDefault("record", ""));
            assertThat(record.matches()).as("%s", row.cells()).isTrue();
            listed.put(DECISIONS.resolve(record.group(2)), row.cells().get("decision"));
        }
        var records = SourceText.filesUnder(DECISIONS, ".md").stream()
                .filter(file -> !file.equals(list.path()))
                .toList();
        assertThat(listed.keySet()).containsExactlyElementsOf(records);
        for (int i = 0; i < records.size(); i++) {
            var record = Page.of(records.get(i));
            assertThat(record.path().getFileName().toString()).startsWith("%04d-".formatted(i + 1));
            assertThat(record.text().lines().findFirst()).contains("# " + (i + 1) + ". " + listed.get(record.path()));
        }
    }

    @Test
    void theReadmeIsShortAndBeginsWithTwoCommands() throws IOException {
        assertThat(Files.size(Page.README)).isLessThanOrEqualTo(README_BYTES);
        assertThat(Page.of(Page.README).blocks().get(0).text().lines())
                .anySatisfy(line -> assertThat(line).startsWith("./mvnw quarkus:dev"))
                .anySatisfy(line -> assertThat(line).startsWith("./mvnw verify"));
    }

    @Test
    void noCommandHasAPromptBeforeIt() {
        assertThat(pages)
                .allSatisfy(page -> assertThat(page.text().lines())
                        .noneMatch(line -> line.strip().startsWith("$ ")));
    }

    @Test
    void everySettingThatIsNamedCanBeSet() throws Exception {
        var properties = settings();
        var variables = properties.stream().map(DocsTest::variable).collect(Collectors.toSet());
        var unknown = new ArrayList<String>();
        var named = new TreeSet<String>();
        for (var page : Page.ofThePresent()) {
            var found = page.find(ENVIRONMENT);
            named.addAll(found);
            found.stream()
                    .filter(name -> !isSettingOrGroup(name, variables, "_"))
                    .forEach(name -> unknown.add(page + ": " + name));
            // the JavaScript client is called pms-events.js
            page.find(PROPERTY).stream()
                    .filter(name -> !name.endsWith(".js") && !name.endsWith(".ts"))
                    .filter(name -> !isSettingOrGroup(name, properties, "."))
                    .forEach(name -> unknown.add(page + ": " + name));
        }
        assertThat(unknown).isEmpty();
        assertThat(named).hasSizeGreaterThan(30);
    }

    /** A group is what several settings begin with: {@code PMS_EVENTS_PMS_}, {@code pms-events.pms}. */
    private static boolean isSettingOrGroup(String name, Set<String> settings, String separator) {
        var start = name.endsWith(separator) ? name : name + separator;
        return settings.contains(name) || settings.stream().anyMatch(setting -> setting.startsWith(start));
    }

    /** The properties of every mapping, and those that application.properties asks for. */
    private static Set<String> settings() throws Exception {
        var names = new TreeSet<String>();
        for (var file : SourceText.filesUnder(SourceText.MAIN, "Config.java")) {
            var name = SourceText.MAIN.relativize(file).toString().replace(".java", "");
            var mapping = Class.forName(name.replace('/', '.').replace('\\', '.'));
            if (mapping.isAnnotationPresent(ConfigMapping.class)) {
                names.addAll(ConfigMappings.getProperties(ConfigMappings.ConfigClass.configClass(mapping))
                        .keySet());
            }
        }
        assertThat(names).hasSizeGreaterThan(30).contains("pms-events.feed.retention");
        EXPRESSION
                .matcher(Files.readString(Path.of("src", "main", "resources", "application.properties")))
                .results()
                .forEach(expression -> names.add(expression.group(1)));
        return names;
    }

    /** As MicroProfile Config derives the environment variable of a property. */
    private static String variable(String property) {
        return property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    @Test
    void everyClassThatIsNamedIsInTheSources() {
        var known = classes();
        var missing = new ArrayList<String>();
        var all = new TreeSet<String>();
        for (var page : Page.ofThePresent()) {
            var named = page.find(OUR_CLASS);
            page.spans().stream()
                    .map(CLASS_OR_MEMBER::matcher)
                    .filter(Matcher::matches)
                    .forEach(span -> named.add(span.group(1)));
            named.removeIf(name -> name.startsWith(PROMETHEUS_ALERT));
            all.addAll(named);
            named.stream().filter(name -> !known.contains(name)).forEach(name -> missing.add(page + ": " + name));
        }
        assertThat(missing).isEmpty();
        assertThat(all).hasSizeGreaterThan(100);
    }

    @Test
    void everyClassInThePictureIsInTheSources() {
        var picture = Page.of(Page.README).blocks().stream()
                .filter(block -> block.section().equals("How it works"))
                .map(Page.Block::text)
                .collect(Collectors.joining());
        var named = CLASS.matcher(picture).results().map(MatchResult::group).collect(Collectors.toSet());
        assertThat(classes()).containsAll(named);
        assertThat(named).hasSizeGreaterThan(20);
    }

    /** Those that the sources declare or import, and those that are only spoken of. */
    private static Set<String> classes() {
        var names = new TreeSet<>(SPOKEN_OF);
        for (var file : SourceText.filesUnder(Path.of("src"), ".java")) {
            DECLARED_OR_IMPORTED
                    .matcher(SourceText.read(file))
                    .results()
                    .forEach(name -> names.add(name.group(1) == null ? name.group(2) : name.group(1)));
        }
        return names;
    }
}

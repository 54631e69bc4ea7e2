package org.pmsevents.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page of the documentation, in the part of Markdown that the documentation uses. */
final class Page {
    static final Path README = Path.of("README.md");
    static final Path FOLDER = Path.of("src", "docs");
    static final Path REFERENCE = FOLDER.resolve("reference");

    private static final Path CHANGELOG = FOLDER.resolve("changelog.md");
    private static final String FENCE = "```";
    private static final Pattern HEADING = Pattern.compile("(#+) (.*)");
    private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");

    private final Path path;
    private final String text;
    private final List<Block> blocks = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private final Set<String> anchors = new LinkedHashSet<>();
    private final StringBuilder prose = new StringBuilder();

    /**
     * A fenced code block.
     *
     * @param section the heading that it stands under
     */
    record Block(String section, String language, String text) {}

    /**
     * A line of a table.
     *
     * @param headings those that it stands under, by their level
     * @param cells by the column's name
     */
    record Row(Map<Integer, String> headings, Map<String, String> cells) {
        boolean isUnder(String heading) {
            return headings.containsValue(heading);
        }

        boolean has(String column) {
            return cells.containsKey(column);
        }

        /** The code spans of a cell. */
        Set<String> spans(String column) {
            return spansOf(cells.getOrDefault(column, ""));
        }
    }

    private Page(Path path) {
        this.path = path;
        try {
            text = Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        parse();
    }

    static Page of(Path path) {
        return new Page(path);
    }

    /** README.md and every page of src/docs. */
    static List<Page> all() {
        try (var files = Files.walk(FOLDER)) {
            return Stream.concat(
                            Stream.of(README),
                            files.filter(file -> file.toString().endsWith(".md"))
                                    .sorted())
                    .map(Page::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The pages that describe what is: the changelog also names what was. */
    static List<Page> ofThePresent() {
        return all().stream().filter(page -> !page.path.equals(CHANGELOG)).toList();
    }

    private void parse() {
        var lines = text.lines().toList();
        var headings = new HashMap<Integer, String>();
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            var heading = HEADING.matcher(line);
            if (line.startsWith(FENCE)) {
                var block = lines.subList(i + 1, lines.size()).stream()
                        .takeWhile(each -> !each.startsWith(FENCE))
                        .toList();
                var section = headings.getOrDefault(2, "");
                blocks.add(new Block(section, line.substring(FENCE.length()), String.join("\n", block)));
                i += block.size() + 1;
            } else if (heading.matches()) {
                int level = heading.group(1).length();
                headings.keySet().removeIf(other -> other >= level);
                headings.put(level, heading.group(2));
                anchors.add(anchor(heading.group(2)));
                prose.append(line).append('\n');
            } else if (line.startsWith("|") && i + 1 < lines.size() && isRule(lines.get(i + 1))) {
                var table = lines.subList(i, lines.size()).stream()
                        .takeWhile(each -> each.startsWith("|"))
                        .toList();
                table.stream().skip(2).forEach(row -> addRow(headings, cells(table.get(0)), cells(row)));
                table.forEach(row -> prose.append(row).append('\n'));
                i += table.size() - 1;
            } else {
                prose.append(line).append('\n');
            }
        }
    }

    private static boolean isRule(String line) {
        return line.startsWith("|-");
    }

    private static List<String> cells(String row) {
        return Stream.of(row.substring(1).split("(?<!\\\\)\\|", -1))
                .map(cell -> cell.replace("\\|", "|").strip())
                .toList();
    }

    private void addRow(Map<Integer, String> headings, List<String> columns, List<String> cells) {
        if (columns.size() != cells.size()) {
            throw new IllegalStateException(path + ": a row has another number of cells than its table: " + cells);
        }
        var named = new LinkedHashMap<String, String>();
        for (int i = 0; i < columns.size() - 1; i++) {
            named.put(columns.get(i), cells.get(i));
        }
        rows.add(new Row(Map.copyOf(headings), named));
    }

    /** As GitHub makes it of a heading: lower case, no punctuation, hyphens for spaces, and a number where it is not the first. */
    private String anchor(String heading) {
        var plain = heading.strip()
                .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}\\p{M}_ -]", "")
                .replace(' ', '-');
        var anchor = plain;
        for (int n = 1; anchors.contains(anchor); n++) {
            anchor = plain + "-" + n;
        }
        return anchor;
    }

    private static Set<String> spansOf(String markdown) {
        var spans = new LinkedHashSet<String>();
        SPAN.matcher(markdown).results().forEach(span -> spans.add(span.group(1)));
        return spans;
    }

    Path path() {
        return path;
    }

    String text() {
        return text;
    }

    /** The fenced code blocks. */
    List<Block> blocks() {
        return blocks;
    }

    /** The lines of all tables. */
    List<Row> rows() {
        return rows;
    }

    Set<String> anchors() {
        return anchors;
    }

    /** What stands outside of fenced code blocks. */
    String prose() {
        return prose.toString();
    }

    /** What is marked as code within the prose. */
    Set<String> spans() {
        return spansOf(prose.toString());
    }

    /** Where links lead, as they are written. */
    List<String> links() {
        return LINK.matcher(SPAN.matcher(prose).replaceAll("code"))
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    /** The file that a link leads to; a link without one leads to this page. */
    Path target(String link) {
        var file = link.replaceFirst("#.*", "");
        return file.isEmpty() ? path : path.resolveSibling(file).normalize();
    }

    /** What a pattern finds anywhere on the page, code blocks included. */
    Set<String> find(Pattern pattern) {
        var found = new TreeSet<String>();
        pattern.matcher(text).results().forEach(each -> found.add(each.group()));
        return found;
    }

    @Override
    public String toString() {
        return path.toString();
    }
}

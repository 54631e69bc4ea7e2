package org.pmsevents.transfer.file;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.problem.AppException;

/**
 * The columns of a CSV file, found from its first line: how fields are separated, and which column is which field. No column is passed
 * over in silence: one that is not known is refused, until the sender says that it is to be left out.
 */
public final class Columns {
    /** The columns that are appended to refused lines. */
    static final String OF_REFUSALS = "import.";

    static final String ATTRIBUTE = "attributes.";

    private static final char[] SEPARATORS = {',', ';', '\t', '|'};
    private static final int MOST = 1_000;
    private static final int NAMED = 20;

    private final char separator;
    private final String header;
    private final long end;
    private final long nextLine;
    private final List<String> names;
    private final List<@Nullable String> fields;

    private Columns(
            char separator, String header, long end, long nextLine, List<String> names, List<@Nullable String> fields) {
        this.separator = separator;
        this.header = header;
        this.end = end;
        this.nextLine = nextLine;
        this.names = names;
        this.fields = fields;
    }

    /**
     * Finds the first line in the beginning of a file.
     *
     * @param head in UTF-8
     * @param complete whether it is the whole file
     * @return null if more is needed to see where the line ends
     * @throws AppException 400 {@code import-header} with what is missing or not known
     */
    public static @Nullable Columns find(byte[] head, boolean complete, ImportOptions options) {
        var wanted = Wanted.of(options);
        Columns best = null;
        int known = -1;
        boolean broken = false;
        for (char separator : SEPARATORS) {
            var splitter = RecordSplitter.csv(separator, 0, 1);
            splitter.feed(head);
            if (complete) {
                splitter.end();
            }
            var record = splitter.next();
            while (record != null && record.fault() == null && record.text().isBlank()) {
                record = splitter.next();
            }
            if (record == null && !complete) {
                return null;
            }
            broken |= record != null && record.fault() != null;
            var found = record == null || record.fault() != null ? null : of(record, separator, wanted);
            if (found != null
                    && (found.known() > known
                            || best == null
                            || (found.known() == known && found.names.size() > best.names.size()))) {
                best = found;
                known = found.known();
            }
        }
        if (best == null || (broken && known == 0)) {
            throw refused(
                    "The first line can't be read: the file is empty, a quote is missing, or text follows a closing one.");
        }
        return best.checked(wanted);
    }

    /** The columns that {@link #find} has found, from what was kept of them. */
    public static Columns kept(char separator, String header, long end, long nextLine, ImportOptions options) {
        var record = new RawRecord(1, header, end, nextLine, null);
        var found = of(record, separator, Wanted.of(options));
        if (found == null) {
            throw new IllegalStateException("a header that was read once can be read again");
        }
        return found.checked(Wanted.of(options));
    }

    private static @Nullable Columns of(RawRecord record, char separator, Wanted wanted) {
        var names = split(record.text(), separator);
        return names == null
                ? null
                : new Columns(
                        separator,
                        record.text(),
                        record.end(),
                        record.nextLine(),
                        names,
                        new ArrayList<>(names.stream().map(wanted::field).toList()));
    }

    private int known() {
        return (int) fields.stream()
                .filter(field -> field != null && !field.isEmpty())
                .count();
    }

    /** The fields of a record; null if the quotes in it are not as CSV has them. */
    static @Nullable List<String> split(String record, char separator) {
        if (record.isEmpty()) {
            return List.of("");
        }
        try {
            return CsvReader.builder()
                    .fieldSeparator(separator)
                    .allowExtraCharsAfterClosingQuote(false)
                    .skipEmptyLines(false)
                    .maxBufferSize(2 * RecordSplitter.LONGEST)
                    .ofSingleCsvRecord(record)
                    .getFields();
        } catch (CsvParseException e) {
            return null;
        }
    }

    private Columns checked(Wanted wanted) {
        if (names.size() > MOST) {
            throw refused("The first line has more than " + MOST + " columns.");
        }
        var unknown = new ArrayList<String>();
        var taken = new LinkedHashMap<String, String>();
        for (int i = 0; i < names.size(); i++) {
            var field = fields.get(i);
            var name = names.get(i);
            if (field == null || field.isEmpty()) {
                fields.set(i, null);
                if (!name.isBlank()) {
                    unknown.add(name);
                }
            } else if (field.equals(ImportOptions.NONE)) {
                fields.set(i, null);
            } else {
                var other = taken.put(field, name);
                if (other != null) {
                    throw refused("The columns " + quoted(other) + " and " + quoted(name) + " are both " + field
                            + ". Leave one out, as in map=" + name + ":-.");
                }
            }
        }
        var missing = new ArrayList<>(wanted.required);
        missing.removeAll(taken.keySet());
        if (!missing.isEmpty()) {
            throw refused("The first line must name the columns, and has none for " + String.join(", ", missing)
                            + ". It has "
                            + list(names) + ", separated by " + separatorName()
                            + ". Say which column is which, as in map=Artikel:sku,Bezeichnung:name."
                            + (missing.contains("currency")
                                    ? " One currency for all lines is given by currency=EUR."
                                    : ""))
                    .with("columns", names.subList(0, Math.min(names.size(), NAMED)))
                    .with("missing", missing);
        }
        var unused = new ArrayList<>(wanted.map.keySet());
        unused.remove(ImportOptions.OTHERS);
        names.forEach(name -> unused.remove(normal(name)));
        if (!unused.isEmpty()) {
            throw refused(
                    "map names columns that the file does not have: " + list(unused) + ". It has " + list(names) + ".");
        }
        if (!unknown.isEmpty() && !wanted.leavesOthersOut) {
            throw refused("These columns are not known: " + list(unknown)
                            + ". Say what they are, as in map=Farbe:attributes.color,"
                            + " or leave them out, as in map=" + unknown.get(0) + ":- or, all of them, map=*:-.")
                    .with("unknown", unknown.subList(0, Math.min(unknown.size(), NAMED)));
        }
        return this;
    }

    /** 400 {@code import-header}. */
    public static AppException refused(String detail) {
        return AppException.of(400, "import-header", detail);
    }

    private static String list(List<String> names) {
        var some = names.subList(0, Math.min(names.size(), NAMED)).stream()
                .map(Columns::quoted)
                .toList();
        return String.join(", ", some) + (names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "");
    }

    private static String quoted(String name) {
        return "\"" + (name.length() > 64 ? name.substring(0, 64) + "…" : name) + "\"";
    }

    /** The name by which columns are compared. */
    public static String normal(String name) {
        return NormalText.of(name.strip()).toLowerCase(Locale.ROOT);
    }

    public char separator() {
        return separator;
    }

    /** The separator in a word, for people. */
    public String separatorName() {
        return switch (separator) {
            case ';' -> "semicolon";
            case '\t' -> "tab";
            case '|' -> "bar";
            default -> "comma";
        };
    }

    /** The first line as it is. */
    public String header() {
        return header;
    }

    /** Offset of the byte after the first line. */
    public long end() {
        return end;
    }

    /** Number of the line after the first line. */
    public long nextLine() {
        return nextLine;
    }

    /** The names of the columns, in their order. */
    public List<String> names() {
        return names;
    }

    /** The field of each column; null where it is left out. */
    public List<@Nullable String> fields() {
        return Collections.unmodifiableList(fields);
    }

    /** How many fields a record has; 1 if its quotes do not fit. */
    public int count(String record) {
        var cells = split(record, separator);
        return cells == null ? 1 : cells.size();
    }

    /** Whether a column is this field. */
    public boolean has(String field) {
        return fields.contains(field);
    }

    /** The attributes that have a column of their own. */
    public List<String> attributes() {
        var names = new ArrayList<String>();
        for (var field : fields) {
            if (field != null && field.startsWith(ATTRIBUTE)) {
                names.add(field.substring(ATTRIBUTE.length()));
            }
        }
        return names;
    }

    /** The column of a field, or of the field that the JSON pointer leads into; null if there is none. */
    @Nullable
    String column(String pointer) {
        var path = pointer.startsWith("/") ? pointer.substring(1) : pointer;
        var dotted = path.replace('/', '.');
        for (var wanted : List.of(
                dotted,
                dotted.replaceFirst("^price\\.amount$", "price").replaceFirst("^price\\.currency$", "currency"))) {
            int at = fields.indexOf(wanted);
            if (at >= 0) {
                return names.get(at);
            }
        }
        int at = fields.indexOf(path.replaceFirst("/.*", ""));
        return at < 0 ? null : names.get(at);
    }

    /** What the columns of a file may be. */
    private record Wanted(
            Map<String, String> known,
            Map<String, String> map,
            List<String> required,
            Set<String> targets,
            boolean attributes,
            boolean leavesOthersOut) {

        static Wanted of(ImportOptions options) {
            var known = new LinkedHashMap<String, String>();
            var kind = options.kind();
            kind.passedOver().forEach(name -> known.put(normal(name), ImportOptions.NONE));
            kind.aliases().forEach((name, field) -> known.put(normal(name), field));
            kind.fields().forEach(name -> known.put(normal(name), name));
            var required = new ArrayList<>(kind.required());
            if (options.currency() != null) {
                required.remove("currency");
            }
            if (options.partial()) {
                required.retainAll(List.of("sku"));
            }
            var targets = new HashSet<>(kind.fields());
            targets.addAll(kind.aliases().keySet());
            if (options.shopify()) {
                known.clear();
                known.putAll(ShopifyFile.columns(kind));
                required.clear();
                required.addAll(ShopifyFile.required(kind));
                targets.clear();
                targets.addAll(known.values());
            }
            boolean others =
                    options.shopify() || ImportOptions.NONE.equals(options.map().get(ImportOptions.OTHERS));
            options.map().forEach((column, field) -> checkTarget(field, targets, kind));
            return new Wanted(
                    known, options.map(), required, targets, kind == ImportKind.PRODUCTS && !options.shopify(), others);
        }

        private static void checkTarget(String field, Set<String> targets, ImportKind kind) {
            boolean isAttribute =
                    kind == ImportKind.PRODUCTS && field.startsWith(ATTRIBUTE) && field.length() > ATTRIBUTE.length();
            if (!field.equals(ImportOptions.NONE) && !targets.contains(field) && !isAttribute) {
                throw AppException.validationFailed(
                        "?map",
                        "unknown",
                        "map leads to " + quoted(field) + ", which is no field here. There are "
                                + String.join(", ", kind.fields())
                                + (kind == ImportKind.PRODUCTS ? ", attributes. and a name" : "")
                                + ", and - to leave a column out.");
            }
        }

        /** The field of a column: empty if it is not known, {@link ImportOptions#NONE} if it is left out. */
        String field(String name) {
            var normal = normal(name);
            var mapped = map.get(normal);
            if (mapped != null) {
                return known.getOrDefault(normal(mapped), mapped);
            }
            var field = known.get(normal);
            if (field != null) {
                return field;
            }
            if (normal.startsWith(OF_REFUSALS)) {
                return ImportOptions.NONE;
            }
            return attributes && normal.startsWith(ATTRIBUTE) && normal.length() > ATTRIBUTE.length()
                    ? ATTRIBUTE + NormalText.of(name.strip()).substring(ATTRIBUTE.length())
                    : "";
        }
    }
}

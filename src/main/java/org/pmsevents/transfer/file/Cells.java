package org.pmsevents.transfer.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** Makes values of the cells of a record. The first that can't be one is reported by its column. */
final class Cells {
    private static final String GUARDED = "=+-@\t\r'";

    /** As spreadsheets show long numbers, whose last digits are lost then. */
    private static final Pattern SHORTENED = Pattern.compile("[0-9](?:[.,][0-9]+)?[eE]\\+[0-9]+");

    private static final JsonNodeFactory NODES = JsonNodeFactory.withExactBigDecimals(true);

    private final Columns columns;
    private final List<String> cells;
    private final NumberText numbers;
    private @Nullable Fault fault;

    Cells(Columns columns, List<String> cells, NumberText numbers) {
        this.columns = columns;
        this.cells = cells;
        this.numbers = numbers;
    }

    /**
     * What a cell holds. A text that a spreadsheet would run as a formula has an apostrophe before it in the file, and so has one that
     * begins with an apostrophe.
     */
    static String unguarded(String cell) {
        return cell.length() > 1 && cell.charAt(0) == '\'' && GUARDED.indexOf(cell.charAt(1)) >= 0
                ? cell.substring(1)
                : cell;
    }

    @Nullable
    Fault fault() {
        return fault;
    }

    void complain(String field, String code, String detail) {
        if (fault == null) {
            fault = new Fault(columns.column(field), code, detail);
        }
    }

    /** The text of a field, with its spaces; empty if it has no column. */
    String text(String field) {
        int at = columns.fields().indexOf(field);
        if (at < 0) {
            return "";
        }
        var text = unguarded(cells.get(at));
        if (text.indexOf('\0') >= 0) {
            complain(field, "invalid-text", "The character U+0000 can't be stored.");
            return "";
        }
        if (NormalText.hasTooManyMarks(text)) {
            complain(field, "invalid-text", "More than 64 combining marks follow one another.");
            return "";
        }
        return NormalText.of(text);
    }

    /** A SKU: digits that a spreadsheet has thrown away are not made up. */
    String sku(String field) {
        var sku = text(field);
        if (SHORTENED.matcher(sku).matches()) {
            complain(
                    field,
                    "shortened-number",
                    "A spreadsheet has shortened the SKU to " + sku
                            + ": digits are lost. Format the column as text and enter the SKU again.");
        }
        return sku;
    }

    static void putText(ObjectNode tree, String name, String text) {
        if (!text.isEmpty()) {
            tree.put(name, text);
        }
    }

    /** Nothing if there is no such column, null if its cell is empty. */
    void put(ObjectNode tree, String name, String field) {
        put(tree, name, field, text(field));
    }

    /** The same for what has no spaces at its ends. */
    void putWord(ObjectNode tree, String name, String field) {
        put(tree, name, field, text(field).strip());
    }

    private void put(ObjectNode tree, String name, String field, String text) {
        if (!text.isEmpty()) {
            tree.put(name, text);
        } else if (columns.has(field)) {
            tree.putNull(name);
        }
    }

    void putNumber(ObjectNode tree, String name, String field) {
        var text = text(field).strip();
        if (text.isEmpty()) {
            if (columns.has(field)) {
                tree.putNull(name);
            }
            return;
        }
        var number = numbers.read(text);
        if (number == null) {
            complain(field, "number", numbers.advice(text));
        } else {
            tree.put(name, number);
        }
    }

    /** Tags: a JSON array, or texts with bars between them. */
    void putTags(ObjectNode tree, String field) {
        var text = text(field).strip();
        if (text.startsWith("[")) {
            var array = json(field, text);
            if (array != null && array.isArray()) {
                tree.set("tags", array);
            } else if (array != null) {
                complain(field, "type", "Must be a JSON array of texts, or texts with | between them.");
            }
        } else if (!text.isEmpty()) {
            putTags(tree, text, "\\|");
        } else if (columns.has(field)) {
            tree.putNull("tags");
        }
    }

    static void putTags(ObjectNode tree, String text, String separator) {
        var tags = Arrays.stream(text.split(separator))
                .map(String::strip)
                .filter(tag -> !tag.isEmpty())
                .distinct()
                .toList();
        if (!tags.isEmpty()) {
            var array = tree.putArray("tags");
            tags.forEach(array::add);
        }
    }

    /** The attributes: one column with a JSON object, and a column for each that has its name. */
    void putAttributes(ObjectNode tree) {
        var attributes = NODES.objectNode();
        var text = text("attributes").strip();
        if (!text.isEmpty()) {
            var object = json("attributes", text);
            if (object instanceof ObjectNode given) {
                attributes = given;
            } else if (object != null) {
                complain("attributes", "type", "Must be a JSON object, such as {\"color\":\"red\"}.");
            }
        }
        for (var name : columns.attributes()) {
            var field = Columns.ATTRIBUTE + name;
            var value = text(field);
            if (!value.isEmpty()) {
                if (attributes.has(name)) {
                    complain(field, "duplicate", "The column attributes has " + name + ", too.");
                }
                attributes.put(name, value);
            }
        }
        if (!attributes.isEmpty()) {
            tree.set("attributes", attributes);
        } else if (columns.has("attributes")) {
            tree.putNull("attributes");
        }
    }

    private @Nullable JsonNode json(String field, String text) {
        try {
            var body = StrictJson.read(text.getBytes(StandardCharsets.UTF_8));
            body.violations().throwIfAny();
            return body.tree();
        } catch (AppException e) {
            complain(field, e.code().equals("malformed-json") ? "malformed-json" : "invalid-text", e.detail());
            return null;
        }
    }
}

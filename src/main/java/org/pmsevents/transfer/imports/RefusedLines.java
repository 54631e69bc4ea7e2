package org.pmsevents.transfer.imports;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.answer.StreamedAnswer;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.transfer.file.Columns;

/**
 * Refused lines as a file that can be corrected and sent again: as they were, followed by the number of the line, the column, the code and
 * what is wrong, in columns that an import passes over.
 */
final class RefusedLines {
    private static final List<String> APPENDED =
            List.of("import.line", "import.column", "import.code", "import.detail");

    /** Lines whose quotes do not fit can't be followed by more columns: they become one field. */
    private static final Set<String> BROKEN = Set.of("unclosed-quote", "text-after-quote", "line-too-long");

    private final boolean json;
    private final @Nullable Columns columns;

    private RefusedLines(boolean json, @Nullable Columns columns) {
        this.json = json;
        this.columns = columns;
    }

    /**
     * A file in pieces.
     *
     * @param text the next piece; empty at the end
     */
    record Pieces(String type, Supplier<Uni<String>> text) implements StreamedAnswer {
        @Override
        public Uni<byte[]> next() {
            return text.get().map(piece -> piece.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() {
            // each piece is a query of its own
        }

        @Override
        public String toString() {
            return "a file of refused lines";
        }

        String ending() {
            return type.startsWith("text") ? "csv" : "ndjson";
        }
    }

    static RefusedLines of(ImportRequest request, @Nullable String format, boolean json) {
        return new RefusedLines(json, format == null ? null : request.columns(format));
    }

    String type() {
        return json ? "application/x-ndjson" : "text/csv; charset=utf-8";
    }

    String head() {
        if (json) {
            return "";
        }
        return columns == null
                ? "import.raw," + String.join(",", APPENDED) + "\n"
                : columns.header() + columns.separator() + String.join(String.valueOf(columns.separator()), APPENDED)
                        + "\n";
    }

    String text(List<ImportTable.Rejected> lines) {
        return lines.stream().map(line -> json ? json(line) : csv(line)).collect(Collectors.joining());
    }

    private String csv(ImportTable.Rejected line) {
        char separator = columns == null ? ',' : columns.separator();
        var cells = new ArrayList<String>();
        int given = 1;
        if (columns == null || BROKEN.contains(line.code())) {
            cells.add(quoted(line.raw()));
        } else {
            cells.add(line.raw());
            given = columns.count(line.raw());
        }
        for (int i = given; columns != null && i < columns.names().size(); i++) {
            cells.add("");
        }
        cells.add(Long.toString(line.line()));
        cells.add(quoted(line.field() == null ? "" : line.field()));
        cells.add(line.code());
        cells.add(quoted(line.detail()));
        return String.join(String.valueOf(separator), cells) + "\n";
    }

    private static String quoted(String text) {
        return text.isEmpty() ? "" : '"' + text.replace("\"", "\"\"") + '"';
    }

    private String json(ImportTable.Rejected line) {
        var object = columns == null ? object(line.raw()) : JsonNodeFactory.instance.objectNode();
        var about = object.putObject("import");
        about.put("line", line.line());
        about.put("column", line.field());
        about.put("code", line.code());
        about.put("detail", line.detail());
        if (object.size() == 1) {
            about.put("raw", line.raw());
        }
        return JsonText.of(object) + "\n";
    }

    /** Empty if the line is not one object that can be written as it was, such as one with a name twice. */
    private static ObjectNode object(String raw) {
        try {
            var body = StrictJson.read(raw.getBytes(StandardCharsets.UTF_8));
            body.violations().throwIfAny();
            return body.tree() instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        } catch (AppException e) {
            return JsonNodeFactory.instance.objectNode();
        }
    }
}

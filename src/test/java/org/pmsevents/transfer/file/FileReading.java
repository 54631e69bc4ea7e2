package org.pmsevents.transfer.file;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a whole file as an import does: in pieces of any size. */
final class FileReading {
    private FileReading() {}

    record Read(String coding, @Nullable Columns columns, List<Line> lines) {
        Line only() {
            if (lines.size() != 1) {
                throw new AssertionError("not one line: " + lines);
            }
            return lines.get(0);
        }
    }

    static ImportOptions products(String... map) {
        return options(ImportKind.PRODUCTS, NumberText.PLAIN, map);
    }

    static ImportOptions options(ImportKind kind, NumberText numbers, String... map) {
        var targets = new java.util.HashMap<String, String>();
        for (var each : map) {
            targets.put(
                    Columns.normal(each.substring(0, each.lastIndexOf(':'))),
                    each.substring(each.lastIndexOf(':') + 1));
        }
        return new ImportOptions(kind, false, false, false, numbers, null, Map.copyOf(targets));
    }

    static Read read(byte[] file, @Nullable String charset, int pieces, ImportOptions options) {
        var sender = new SenderText(charset);
        var text = new ByteArrayOutputStream();
        for (int from = 0; from < file.length; from += pieces) {
            text.writeBytes(sender.next(Arrays.copyOfRange(file, from, Math.min(file.length, from + pieces)), false));
        }
        text.writeBytes(sender.next(new byte[0], true));
        return lines(sender.coding(), text.toByteArray(), pieces, options);
    }

    private static Read lines(String coding, byte[] text, int pieces, ImportOptions options) {
        var columns = options.json() ? null : Columns.find(text, true, options);
        long begin = columns == null ? 0 : columns.end();
        var splitter = columns == null
                ? RecordSplitter.lines(0, 1)
                : RecordSplitter.csv(columns.separator(), begin, columns.nextLine());
        var lines = new ArrayList<Line>();
        String carried = null;
        for (int from = (int) begin; from <= text.length; from += pieces) {
            if (from + pieces >= text.length) {
                splitter.feed(Arrays.copyOfRange(text, from, text.length));
                splitter.end();
            } else {
                splitter.feed(Arrays.copyOfRange(text, from, from + pieces));
            }
            for (var record = splitter.next(); record != null; record = splitter.next()) {
                // a new reader each time, as after a crash
                var reader = new LineReader(options, columns, carried);
                var line = reader.read(record);
                carried = reader.carried();
                if (line != null) {
                    lines.add(line);
                }
            }
        }
        return new Read(coding, columns, lines);
    }
}

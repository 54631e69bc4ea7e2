package org.pmsevents.export;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.FeedPosition;
import org.pmsevents.http.answer.StreamedAnswer;
import org.pmsevents.platform.database.Snapshot;
import org.pmsevents.platform.json.JsonText;

/** The content of a file, read from an open snapshot a portion at a time. Its first rows are read before the answer begins. */
final class Export implements StreamedAnswer {
    private final Snapshot snapshot;
    private final ExportKind kind;
    private final ExportFormat format;
    private final FeedPosition seen;
    private @Nullable RowSet<Row> read;
    private boolean begun;

    Export(Snapshot snapshot, ExportKind kind, ExportFormat format, FeedPosition seen, RowSet<Row> first) {
        this.snapshot = snapshot;
        this.kind = kind;
        this.format = format;
        this.seen = seen;
        this.read = first;
    }

    FeedPosition seen() {
        return seen;
    }

    @Override
    public Uni<byte[]> next() {
        var first = read;
        read = null;
        return (first == null
                        ? snapshot.next(kind.rowsAtOnce())
                        : Uni.createFrom().item(first))
                .map(this::written);
    }

    @Override
    public void close() {
        snapshot.close();
    }

    @Override
    public String toString() {
        return "the export of " + kind.name();
    }

    private byte[] written(RowSet<Row> rows) {
        var bytes = format == ExportFormat.CSV ? records(rows) : lines(rows);
        begun = true;
        return bytes;
    }

    private byte[] records(RowSet<Row> rows) {
        var bytes = new ByteArrayOutputStream();
        try (var csv = CsvWriter.builder().lineDelimiter(LineDelimiter.CRLF).build(bytes, StandardCharsets.UTF_8)) {
            if (!begun) {
                csv.writeRecord(kind.columns());
            }
            rows.forEach(row -> csv.writeRecord(kind.cells(row)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private byte[] lines(RowSet<Row> rows) {
        var text = new StringBuilder();
        rows.forEach(row -> text.append(JsonText.of(kind.json(row))).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}

package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.transfer.file.Line;
import org.pmsevents.transfer.file.LineReader;
import org.pmsevents.transfer.file.RecordSplitter;

/** Reads the text of an import from where its last chunk has ended, one chunk after the other. Used by one attempt of its job. */
final class ChunkReader {
    /** How many lines a chunk has; stock is locked for as long as one takes. */
    private static final int LINES = 100;

    /** About how many bytes a chunk has. */
    private static final long BYTES = 1024 * 1024;

    /** How many parts are read at once. */
    static final int PARTS = 4;

    private final IntFunction<Uni<List<byte[]>>> parts;
    private final RecordSplitter splitter;
    private final LineReader reader;
    private int nextPart;

    /** Of the first part that is read: what of it was worked off. */
    private int skip;

    private long at;
    private long line;
    private boolean ended;

    /** @param parts gives up to {@value #PARTS} parts from the one of a number on; fewer if there are no more */
    ChunkReader(Import stored, ImportRequest request, String format, IntFunction<Uni<List<byte[]>>> parts) {
        this.parts = parts;
        var columns = request.columns(format);
        this.at = stored.nextByte();
        this.line = stored.nextLine();
        this.splitter =
                columns == null ? RecordSplitter.lines(at, line) : RecordSplitter.csv(columns.separator(), at, line);
        this.reader = new LineReader(request.file(), columns, stored.carried());
        this.nextPart = (int) (at / Upload.PART);
        this.skip = (int) (at % Upload.PART);
    }

    /**
     * The lines that one transaction works off.
     *
     * @param nextByte where the next chunk begins
     * @param isLast whether there is none
     */
    record Chunk(
            List<Line> lines,
            long nextByte,
            long nextLine,
            @Nullable String carried,
            boolean isLast) {}

    private enum Taken {
        FULL,
        LAST,
        MORE
    }

    /** Parts are read in a loop: a line that is too long goes through all of them. */
    Uni<Chunk> next() {
        var lines = new ArrayList<Line>();
        long begin = at;
        return Uni.createFrom()
                .deferred(() -> StrictJson.offLoop(Integer.MAX_VALUE, () -> take(lines, begin)))
                .map(full -> full ? Taken.FULL : ended ? Taken.LAST : Taken.MORE)
                .call(taken -> taken == Taken.MORE ? feed() : Uni.createFrom().voidItem())
                .repeat()
                .whilst(taken -> taken == Taken.MORE)
                .collect()
                .last()
                .map(taken -> new Chunk(List.copyOf(lines), at, line, reader.carried(), taken == Taken.LAST));
    }

    /** Takes lines until the chunk is full; false if more of the text is needed, or there is none. */
    private boolean take(List<Line> lines, long begin) {
        while (lines.size() < LINES && at - begin < BYTES) {
            var record = splitter.next();
            if (record == null) {
                return false;
            }
            at = record.end();
            line = record.nextLine();
            var read = reader.read(record);
            if (read != null) {
                lines.add(read);
            }
        }
        return true;
    }

    private Uni<Void> feed() {
        return parts.apply(nextPart)
                .invoke(read -> {
                    for (var part : read) {
                        splitter.feed(skip == 0 ? part : java.util.Arrays.copyOfRange(part, skip, part.length));
                        skip = 0;
                    }
                    nextPart += read.size();
                    if (read.size() < PARTS) {
                        ended = true;
                        splitter.end();
                    }
                })
                .replaceWithVoid();
    }
}

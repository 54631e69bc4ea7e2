package org.pmsevents.transfer.imports;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.transfer.file.Line;

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

package org.pmsevents.transfer.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A line of a file: what it says, or why it can't be read.
 *
 * @param number of its first line in the file, from 1
 * @param raw as it was
 * @param tree the product, count or threshold as a JSON object, as the API takes it; null if it can't be read
 * @param fault null if it can be read
 * @param columns null for NDJSON
 */
public record Line(
        long number,
        String raw,
        @Nullable ObjectNode tree,
        @Nullable Fault fault,
        @Nullable Columns columns) {

    Line refused(Fault why) {
        return new Line(number, raw, null, why, columns);
    }

    /** What is wrong with a member of the object, told by its column. */
    public Fault fault(String pointer, String code, String detail) {
        return new Fault(columns == null ? pointer : columns.column(pointer), code, detail);
    }
}

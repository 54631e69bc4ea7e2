package org.pmsevents.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.mutiny.sqlclient.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be exported: its columns, and how a row is written in either format. */
interface ExportKind {
    /** Begins the name of the file. */
    String name();

    /** The header of a CSV file. */
    List<String> columns();

    /** How many rows are in memory at a time. */
    int rowsAtOnce();

    /** The fields of a CSV record, in the order of the columns; null for an empty one. Texts are those of {@link SafeCell}. */
    List<@Nullable String> cells(Row row);

    /** The line of an NDJSON file: what the import takes. */
    ObjectNode json(Row row);
}

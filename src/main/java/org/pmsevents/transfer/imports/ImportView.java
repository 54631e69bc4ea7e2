package org.pmsevents.transfer.imports;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.transfer.file.Columns;

/**
 * An import in REST answers.
 *
 * @param mode null unless products are imported
 * @param format null until the beginning of the file has arrived
 * @param done how many bytes of the text have been worked off
 * @param notes what the sender should know, for people to read
 */
@RegisterForReflection
record ImportView(
        UUID id,
        String kind,
        @Nullable String mode,
        String state,
        boolean dryRun,
        @Nullable Format format,
        long bytes,
        long done,
        long read,
        long created,
        long updated,
        long unchanged,
        long rejected,
        long duplicates,
        List<String> notes,
        @Nullable String reason,
        @Nullable UUID jobId,
        String createdBy,
        Instant createdAt,
        @Nullable Instant finishedAt) {

    /**
     * How the file was understood.
     *
     * @param separator comma, semicolon, tab or bar; null for NDJSON, as are the columns
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Format(
            String charset,
            @Nullable String separator,
            @Nullable List<ColumnView> columns) {}

    /** @param field null for a column that is left out */
    @RegisterForReflection
    record ColumnView(String column, @Nullable String field) {}

    static ImportView of(Import stored) {
        var request = ImportRequest.of(stored);
        var format = stored.format();
        var columns = format == null ? null : request.columns(format);
        var counts = stored.counts();
        boolean ended = stored.state() == Import.State.COMPLETED;
        return new ImportView(
                stored.id(),
                stored.kind(),
                stored.kind().equals("products") ? request.mode() : null,
                stored.state().wireName(),
                stored.dryRun(),
                format == null
                        ? null
                        : new Format(
                                JsonText.object(format).path("charset").asText(),
                                columns == null ? null : columns.separatorName(),
                                columns == null ? null : view(columns)),
                stored.bytes(),
                ended ? stored.bytes() : stored.nextByte(),
                counts.read(),
                counts.created(),
                counts.updated(),
                counts.unchanged(),
                counts.rejected(),
                counts.duplicates(),
                notes(stored, request),
                stored.reason(),
                stored.jobId(),
                stored.context().actor(),
                stored.createdAt(),
                stored.finishedAt());
    }

    private static List<ColumnView> view(Columns columns) {
        var views = new ArrayList<ColumnView>();
        for (int i = 0; i < columns.names().size(); i++) {
            views.add(new ColumnView(columns.names().get(i), columns.fields().get(i)));
        }
        return views;
    }

    private static List<String> notes(Import stored, ImportRequest request) {
        var notes = new ArrayList<String>();
        if (stored.dryRun()) {
            notes.add("This was a dry run: nothing was changed.");
        }
        if (stored.counts().duplicates() > 0) {
            notes.add(stored.counts().duplicates()
                    + " lines are about what an earlier line was about: the last one wins.");
        }
        if (request.file().shopify()) {
            notes.add(
                    request.file().kind() == org.pmsevents.transfer.file.ImportKind.PRODUCTS
                            ? "Each variant with a SKU is a product. Not taken: weights, compare-at prices, cost, tax, inventory policy and"
                                    + " quantities, further images, SEO, gift cards, metafields. Import the same file with kind=counts for the quantities."
                            : "Only Variant SKU and Variant Inventory Qty are taken.");
        }
        return notes;
    }
}

package org.pmsevents.transfer.file;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** Reads the records of a file one after the other. What the next one needs to know is in {@link #carried}. */
public final class LineReader {
    private static final String OF_REFUSALS = "import";

    private final ImportOptions options;
    private final @Nullable Columns columns;
    private final @Nullable ShopifyFile shopify;

    /**
     * @param columns null for NDJSON
     * @param carried what {@link #carried} gave after the record before; null for the first one
     */
    public LineReader(ImportOptions options, @Nullable Columns columns, @Nullable String carried) {
        this.options = options;
        this.columns = columns;
        this.shopify = options.shopify() && options.kind() == ImportKind.PRODUCTS ? new ShopifyFile(carried) : null;
    }

    public @Nullable String carried() {
        return shopify == null ? null : shopify.carried();
    }

    /** The line of a record; null if it says nothing. */
    public @Nullable Line read(RawRecord record) {
        var line = new Line(record.line(), record.text(), null, record.fault(), columns);
        if (record.fault() != null) {
            return line;
        }
        if (record.text().isBlank()) {
            return null;
        }
        return columns == null ? json(line) : csv(line, columns);
    }

    private static Line json(Line line) {
        try {
            var body = StrictJson.read(line.raw().getBytes(StandardCharsets.UTF_8));
            for (var violation : body.violations().list()) {
                return line.refused(new Fault(violation.pointer(), violation.code(), violation.detail()));
            }
            if (!(body.tree() instanceof ObjectNode tree)) {
                return line.refused(new Fault(null, "type", "Each line must be a JSON object."));
            }
            tree.remove(OF_REFUSALS);
            return new Line(line.number(), line.raw(), tree, null, null);
        } catch (AppException e) {
            return line.refused(new Fault(null, "malformed-json", e.detail()));
        }
    }

    private @Nullable Line csv(Line line, Columns known) {
        var cells = Columns.split(line.raw(), known.separator());
        if (cells == null) {
            return line.refused(new Fault(
                    null,
                    "text-after-quote",
                    "The quotes are not as CSV has them. Write a quote within a quoted field twice."));
        }
        if (cells.stream().allMatch(String::isBlank)) {
            return null;
        }
        int wanted = known.names().size();
        if (cells.size() < wanted) {
            return line.refused(new Fault(
                    known.names().get(cells.size()),
                    "too-few-fields",
                    "Has " + cells.size() + " fields, the first line has " + wanted + "."));
        }
        if (!cells.stream().skip(wanted).allMatch(String::isBlank)) {
            return line.refused(new Fault(
                    null,
                    "too-many-fields",
                    "Has " + cells.size() + " fields, the first line has " + wanted + ". Quote a field that has a "
                            + known.separatorName() + " in it."));
        }
        return values(line, new Cells(known, cells, options.numbers()));
    }

    private @Nullable Line values(Line line, Cells cells) {
        var tree = shopify != null ? shopify.variant(cells, options.currency()) : tree(cells);
        if (cells.fault() != null) {
            return line.refused(cells.fault());
        }
        return tree == null ? null : new Line(line.number(), line.raw(), tree, null, line.columns());
    }

    private ObjectNode tree(Cells cells) {
        var tree = JsonNodeFactory.withExactBigDecimals(true).objectNode();
        Cells.putText(tree, "sku", cells.sku("sku"));
        switch (options.kind()) {
            case PRODUCTS -> product(tree, cells);
            case COUNTS -> {
                cells.put(tree, "location", "location");
                cells.putNumber(tree, "onHand", "onHand");
                cells.putWord(tree, "countedAt", "countedAt");
            }
            case THRESHOLDS -> {
                cells.put(tree, "location", "location");
                cells.putNumber(tree, "threshold", "threshold");
            }
        }
        return tree;
    }

    private void product(ObjectNode tree, Cells cells) {
        cells.put(tree, "name", "name");
        cells.put(tree, "description", "description");
        var price = JsonNodeFactory.withExactBigDecimals(true).objectNode();
        cells.putNumber(price, "amount", "price");
        cells.putWord(price, "currency", "currency");
        if (options.currency() != null
                && price.has("amount")
                && !price.path("currency").isTextual()) {
            price.put("currency", options.currency());
        }
        if (!price.isEmpty()) {
            tree.set("price", price);
        }
        cells.putWord(tree, "status", "status");
        cells.putTags(tree, "tags");
        cells.putAttributes(tree);
    }
}

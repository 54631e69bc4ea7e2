package org.pmsevents.export;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.mutiny.sqlclient.Row;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.product.Product;
import org.pmsevents.product.ProductTable;

/** The rows of a file of products: the fields that callers set, and the status. */
final class ProductRows implements ExportKind {
    private static final JsonNodeFactory NODES = JsonNodeFactory.withExactBigDecimals(true);
    private static final List<String> COLUMNS =
            List.of("sku", "name", "description", "price", "currency", "status", "tags", "attributes");

    /** A product has at most 10,000 characters of description and 16 KiB of attributes. */
    private static final int ROWS = 100;

    private final ProductTable table;

    ProductRows(ProductTable table) {
        this.table = table;
    }

    @Override
    public String name() {
        return "products";
    }

    @Override
    public List<String> columns() {
        return COLUMNS;
    }

    @Override
    public int rowsAtOnce() {
        return ROWS;
    }

    @Override
    public List<@Nullable String> cells(Row row) {
        var product = table.product(row);
        var draft = product.draft();
        return Arrays.asList(
                SafeCell.of(draft.sku()),
                SafeCell.of(draft.name()),
                SafeCell.of(draft.description()),
                draft.price().amount().toPlainString(),
                draft.price().currency(),
                product.status().wireName(),
                JsonText.of(tags(product).get("tags")),
                JsonText.of(draft.attributes()));
    }

    @Override
    public ObjectNode json(Row row) {
        var product = table.product(row);
        var draft = product.draft();
        var json = NODES.objectNode();
        json.put("sku", draft.sku());
        json.put("name", draft.name());
        json.put("description", draft.description());
        json.putObject("price")
                .put("amount", draft.price().amount())
                .put("currency", draft.price().currency());
        json.setAll(tags(product));
        json.set("attributes", draft.attributes());
        json.put("status", product.status().wireName());
        return json;
    }

    private static ObjectNode tags(Product product) {
        var json = NODES.objectNode();
        var tags = json.putArray("tags");
        product.draft().tags().forEach(tags::add);
        return json;
    }
}

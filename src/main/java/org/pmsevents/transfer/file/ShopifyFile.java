package org.pmsevents.transfer.file;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.JsonText;

/**
 * Shopify's export of products: a product has one line with its title, and further ones under the same handle with its variants and
 * images. Each variant with a SKU becomes a product, with what its product's first line says.
 */
final class ShopifyFile {
    private static final int OPTIONS = 3;
    private static final String ONLY_VARIANT = "Default Title";

    /** The names of columns, of today's exports and of those before, with what is taken of them. */
    private static final Map<String, String> COLUMNS = columns();

    /** What the first line of the present product says; carried from one line to the next. */
    private ObjectNode product;

    /** @param carried what {@link #carried} has given; null at the beginning of the file */
    ShopifyFile(@Nullable String carried) {
        this.product = carried == null ? JsonNodeFactory.instance.objectNode() : JsonText.object(carried);
    }

    private static Map<String, String> columns() {
        var columns = new LinkedHashMap<String, String>();
        for (var row : List.of(
                "handle=handle|url handle",
                "title=title",
                "body=body (html)|description",
                "vendor=vendor",
                "type=type",
                "tags=tags",
                "status=status",
                "sku=variant sku|sku",
                "price=variant price|price",
                "quantity=variant inventory qty|inventory quantity",
                "barcode=variant barcode|barcode",
                "image=image src|product image url",
                "variantImage=variant image|variant image url")) {
            var field = row.substring(0, row.indexOf('='));
            for (var name : row.substring(row.indexOf('=') + 1).split("\\|")) {
                columns.put(name, field);
            }
        }
        for (int i = 1; i <= OPTIONS; i++) {
            columns.put("option" + i + " name", "option" + i);
            columns.put("option" + i + " value", "value" + i);
        }
        return columns;
    }

    static Map<String, String> columns(ImportKind kind) {
        if (kind == ImportKind.PRODUCTS) {
            var taken = new LinkedHashMap<>(COLUMNS);
            taken.values().remove("quantity");
            return taken;
        }
        var taken = new LinkedHashMap<String, String>();
        COLUMNS.forEach((name, field) -> {
            if (field.equals("sku") || field.equals("quantity")) {
                taken.put(name, field.equals("quantity") ? "onHand" : field);
            }
        });
        return taken;
    }

    static List<String> required(ImportKind kind) {
        return kind == ImportKind.PRODUCTS ? List.of("handle", "title", "sku", "price") : List.of("sku", "onHand");
    }

    /** What the next line needs to know, as JSON. */
    String carried() {
        return JsonText.of(product);
    }

    /** The product of a line; null if the line has no variant, only a further image. */
    @Nullable
    ObjectNode variant(Cells cells, @Nullable String currency) {
        var handle = cells.text("handle");
        if (!cells.text("title").isEmpty()
                || !handle.equals(product.path("handle").asText())) {
            product = JsonNodeFactory.instance.objectNode();
            for (var field : List.of(
                    "handle", "title", "body", "vendor", "type", "tags", "status", "image", "option1", "option2",
                    "option3")) {
                Cells.putText(product, field, cells.text(field));
            }
        }
        if (cells.text("sku").isEmpty() && cells.text("price").isEmpty()) {
            return null;
        }
        if (!product.has("title")) {
            cells.complain("title", "required", "No line before this one has a title for the handle " + handle + ".");
        }
        return tree(cells, currency);
    }

    private ObjectNode tree(Cells cells, @Nullable String currency) {
        var tree = JsonNodeFactory.withExactBigDecimals(true).objectNode();
        Cells.putText(tree, "sku", cells.sku("sku"));
        var values = new ArrayList<String>();
        var options = JsonNodeFactory.instance.objectNode();
        for (int i = 1; i <= OPTIONS; i++) {
            var value = cells.text("value" + i).strip();
            if (!value.isEmpty() && !value.equals(ONLY_VARIANT)) {
                values.add(value);
                options.put(product.path("option" + i).asText("option" + i), value);
            }
        }
        var title = product.path("title").asText();
        tree.put("name", values.isEmpty() ? title : title + " - " + String.join(" / ", values));
        Cells.putText(tree, "description", product.path("body").asText());
        var price = tree.putObject("price");
        cells.putNumber(price, "amount", "price");
        Cells.putText(price, "currency", currency == null ? "" : currency);
        Cells.putTags(tree, product.path("tags").asText(), ",");
        var attributes = tree.putObject("attributes");
        for (var field : List.of("handle", "vendor", "type")) {
            Cells.putText(attributes, field, product.path(field).asText());
        }
        Cells.putText(attributes, "barcode", Cells.unguarded(cells.text("barcode")));
        var image = cells.text("variantImage");
        Cells.putText(
                attributes, "image", image.isEmpty() ? product.path("image").asText() : image);
        if (!options.isEmpty()) {
            attributes.set("options", options);
        }
        if (product.path("status").asText().toLowerCase(Locale.ROOT).equals("active")) {
            tree.put("status", "published");
        }
        return tree;
    }
}

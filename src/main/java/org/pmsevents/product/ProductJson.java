package org.pmsevents.product;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.json.JsonTime;
import org.pmsevents.pms.outbound.PmsSync;

/** The JSON form of a product: the same in REST answers, cache entries and events. */
public final class ProductJson {
    static final String[] READ_ONLY = {"status", "version", "createdAt", "updatedAt", "publishedAt"};

    private static final JsonNodeFactory NODES = JsonNodeFactory.withExactBigDecimals(true);

    private ProductJson() {}

    public static ObjectNode of(Product product) {
        var draft = product.draft();
        var json = NODES.objectNode();
        json.put("sku", draft.sku());
        json.put("name", draft.name());
        json.put("description", draft.description());
        var price = json.putObject("price");
        price.put("amount", draft.price().amount());
        price.put("currency", draft.price().currency());
        var tags = json.putArray("tags");
        draft.tags().forEach(tags::add);
        json.set("attributes", draft.attributes());
        json.put("status", product.status().wireName());
        json.put("version", product.version());
        json.put("createdAt", JsonTime.text(product.createdAt()));
        json.put("updatedAt", JsonTime.text(product.updatedAt()));
        var publishedAt = product.publishedAt();
        json.put("publishedAt", publishedAt == null ? null : JsonTime.text(publishedAt));
        return json;
    }

    static ProductView view(Product product) {
        return new ProductView(product.sku(), product.version(), JsonText.of(of(product)));
    }

    /** Reads a product from its JSON text. */
    static ProductView viewOf(String json) {
        var product = JsonText.object(json);
        return new ProductView(
                product.path("sku").textValue(), product.path("version").longValue(), json);
    }

    /** Reads the answer to a publication from its JSON text. */
    static ProductFlow.Publication publicationOf(String json) {
        var product = JsonText.object(json);
        var sync = PmsSync.valueOf(product.remove("pmsSync").textValue().toUpperCase(Locale.ROOT));
        return new ProductFlow.Publication(viewOf(JsonText.of(product)), sync);
    }

    /** The answer to a publication: the product with {@code pmsSync}. */
    static String publication(ProductFlow.Publication done) {
        var json = done.product().json();
        return json.substring(0, json.length() - 1) + ",\"pmsSync\":\""
                + done.pmsSync().wireName() + "\"}";
    }

    /** The payload of {@code product.updated}: the product and the names of the changed fields. */
    public static ObjectNode updated(Product product, List<String> changed) {
        var json = of(product);
        var names = json.putArray("changed");
        changed.forEach(names::add);
        return json;
    }
}

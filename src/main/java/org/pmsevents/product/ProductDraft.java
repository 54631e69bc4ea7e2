package org.pmsevents.product;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.product.price.Price;

/**
 * The fields of a product that callers set.
 *
 * @param attributes never modified
 */
public record ProductDraft(
        String sku, String name, @Nullable String description, Price price, List<String> tags, ObjectNode attributes) {}

package org.pmsevents.inventory.history;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The payloads of stock events to the byte, as clients have always had them. */
final class RulePayload {
    private RulePayload() {}

    static String updated(
            Place place, StockModel before, StockModel after, String reason, @Nullable String reference, UUID movementId) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("sku", place.sku())
                .put("location", place.location())
                .put("delta", after.onHand() - before.onHand())
                .put("onHand", after.onHand())
                .put("version", after.version())
                .put("reason", reason)
                .put("reference", reference)
                .put("movementId", movementId.toString())
                .toString();
    }

    static String alert(Place place, StockModel after) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("sku", place.sku())
                .put("location", place.location())
                .put("onHand", after.onHand())
                .put("threshold", after.threshold())
                .toString();
    }
}

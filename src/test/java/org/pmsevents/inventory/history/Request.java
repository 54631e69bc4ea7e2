package org.pmsevents.inventory.history;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.history.Change.Adjust;
import org.pmsevents.inventory.history.Change.Count;

/**
 * One request as it goes over the wire, the same bytes however often it is sent.
 *
 * @param name unique; it stands in the reference of every movement that the request makes
 * @param key the {@code Idempotency-Key}, if it has one
 */
record Request(
        String name,
        Kind kind,
        List<Change> changes,
        @Nullable String key) {
    enum Kind {
        ADJUST,
        COUNT,
        /** Several lines, each on its own. */
        LINES,
        /** Several lines, all or none. */
        ATOMIC
    }

    boolean isSingle() {
        return kind == Kind.ADJUST || kind == Kind.COUNT;
    }

    String method() {
        return kind == Kind.COUNT ? "PUT" : "POST";
    }

    String path() {
        var sku = changes.get(0).place().sku();
        return switch (kind) {
            case ADJUST -> "/api/inventory/" + sku + "/adjustments";
            case COUNT -> "/api/inventory/" + sku;
            case LINES -> "/api/inventory/adjustments";
            case ATOMIC -> "/api/inventory/adjustments?atomic=true";
        };
    }

    /** By which the movement of a line is found in the ledger. */
    String reference(int line) {
        return name + "/" + line;
    }

    String body() {
        if (isSingle()) {
            return line(0).toString();
        }
        var body = JsonNodeFactory.instance.objectNode();
        var lines = body.putArray("lines");
        for (int i = 0; i < changes.size(); i++) {
            lines.add(line(i).put("sku", changes.get(i).place().sku()));
        }
        return body.toString();
    }

    private ObjectNode line(int i) {
        var line = JsonNodeFactory.instance.objectNode();
        var change = changes.get(i);
        if (change instanceof Adjust adjust) {
            line.put("delta", adjust.delta()).put("reason", adjust.delta() < 0 ? "sale" : "receipt");
            if (adjust.expectedOnHand() != null) {
                line.put("expectedOnHand", adjust.expectedOnHand());
            }
        } else if (change instanceof Count count) {
            line.put("onHand", count.onHand()).put("reason", "count");
        } else {
            throw new IllegalArgumentException("not to be sent: " + change);
        }
        if (!change.place().location().equals(Place.MAIN)) {
            line.put("location", change.place().location());
        }
        return line.put("reference", reference(i));
    }
}

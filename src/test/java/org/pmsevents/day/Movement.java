package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;

/** One change of a shelf, as the model reckons it and as the service tells it in its ledger and its events. */
record Movement(int delta, int onHand, int version, String reason, String reference) {

    /** @param json a movement of the ledger or the payload of an {@code inventory.updated} */
    static Movement of(JsonNode json) {
        return new Movement(
                json.path("delta").intValue(),
                json.path("onHand").intValue(),
                json.path("version").intValue(),
                json.path("reason").textValue(),
                json.path("reference").textValue());
    }

    /** In the words of a {@link Shelf#story()}. */
    String told() {
        return "inventory.updated " + delta + " -> " + onHand + " v" + version + " " + reason + " " + reference;
    }
}

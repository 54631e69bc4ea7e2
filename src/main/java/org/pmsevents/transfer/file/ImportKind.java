package org.pmsevents.transfer.file;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the lines of a file are. The names of columns are compared without regard to case. */
public enum ImportKind {
    PRODUCTS(
            Map.of("price.amount", "price", "price.currency", "currency"),
            List.of("sku", "name", "description", "price", "currency", "status", "tags", "attributes"),
            List.of("sku", "name", "price", "currency"),
            List.of()),
    COUNTS(
            Map.of(),
            List.of("sku", "location", "onHand", "countedAt"),
            List.of("sku", "onHand"),
            List.of("threshold", "version", "updatedAt")),
    THRESHOLDS(
            Map.of(),
            List.of("sku", "location", "threshold"),
            List.of("sku", "threshold"),
            List.of("onHand", "countedAt", "version", "updatedAt"));

    private final Map<String, String> aliases;
    private final List<String> fields;
    private final List<String> required;
    private final List<String> passedOver;

    ImportKind(Map<String, String> aliases, List<String> fields, List<String> required, List<String> passedOver) {
        this.aliases = aliases;
        this.fields = fields;
        this.required = required;
        this.passedOver = passedOver;
    }

    /** As in the API. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Other names of fields, with the fields. */
    Map<String, String> aliases() {
        return aliases;
    }

    /** The columns that a file may have. */
    public List<String> fields() {
        return fields;
    }

    List<String> required() {
        return required;
    }

    /** The columns that exports have and that an import of this kind does not take. */
    List<String> passedOver() {
        return passedOver;
    }
}

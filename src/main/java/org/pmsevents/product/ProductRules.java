package org.pmsevents.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Currency;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;

/** Validates products; reports all violations at once. */
final class ProductRules {
    private static final int NAME_LENGTH = 255;
    private static final int DESCRIPTION_LENGTH = 10_000;
    private static final int TAGS = 50;
    private static final int TAG_LENGTH = 64;
    private static final int ATTRIBUTES_BYTES = 16 * 1024;
    private static final BigDecimal HIGHEST_PRICE = new BigDecimal("99999999999999999999");
    private static final int PRICE_SCALE = 8;
    private static final Set<String> CURRENCIES = Currency.getAvailableCurrencies().stream()
            .map(Currency::getCurrencyCode)
            .collect(Collectors.toUnmodifiableSet());
    private static final String[] WRITABLE = {"sku", "name", "description", "price", "tags", "attributes"};
    private static final String[] ALL = concat(WRITABLE, ProductJson.READ_ONLY);
    private static final String[] UNCHANGEABLE = concat(new String[] {"sku"}, ProductJson.READ_ONLY);

    private ProductRules() {}

    /** Reads a new product. */
    static ProductDraft draft(ParsedBody body) {
        var fields = body.fields().only(WRITABLE);
        var draft = read(fields, null);
        body.violations().throwIfAny();
        return draft;
    }

    /** Reads the replacement of a stored product. Read-only fields are allowed if they equal the stored ones. */
    static ProductDraft replacement(ParsedBody body, Product stored) {
        var fields = body.fields().only(ALL);
        refuseChanged(fields, stored);
        var draft = read(fields, stored);
        body.violations().throwIfAny();
        return draft;
    }

    /** Applies a merge patch (RFC 7396) to a stored product. */
    static ProductDraft patched(ParsedBody patch, Product stored) {
        var changes = patch.fields();
        refuseChanged(changes, stored);
        var merged = merge(ProductJson.of(stored).deepCopy(), changes.tree());
        var draft = read(new Fields((ObjectNode) merged, "", patch.violations()).only(ALL), stored);
        patch.violations().throwIfAny();
        return draft;
    }

    private static ProductDraft read(Fields fields, @Nullable Product stored) {
        return new ProductDraft(
                sku(fields, stored),
                fields.requiredText("name", NAME_LENGTH),
                fields.optionalText("description", DESCRIPTION_LENGTH),
                price(fields.requiredObject("price").only("amount", "currency")),
                fields.distinctTexts("tags", TAGS, TAG_LENGTH),
                attributes(fields));
    }

    private static String sku(Fields fields, @Nullable Product stored) {
        if (stored != null) {
            return stored.sku();
        }
        return fields.requiredText("sku", PathName.MAX_LENGTH, PathName::isValid, "pattern", PathName.RULE);
    }

    private static Price price(Fields price) {
        return new Price(
                price.requiredDecimal("amount", BigDecimal.ZERO, HIGHEST_PRICE, PRICE_SCALE),
                price.requiredText(
                        "currency",
                        3,
                        CURRENCIES::contains,
                        "unknown-currency",
                        "Must be an ISO 4217 code such as EUR."));
    }

    private static ObjectNode attributes(Fields fields) {
        var attributes = fields.optionalObject("attributes");
        if (attributes == null) {
            return JsonNodeFactory.instance.objectNode();
        }
        if (JsonText.of(attributes.tree()).getBytes(StandardCharsets.UTF_8).length > ATTRIBUTES_BYTES) {
            fields.violation("attributes", "too-large", "May take at most 16 KiB of JSON.");
        }
        return attributes.tree();
    }

    private static void refuseChanged(Fields fields, Product stored) {
        var json = ProductJson.of(stored);
        for (var name : UNCHANGEABLE) {
            if (fields.has(name) && !isSame(fields.tree().get(name), json.get(name))) {
                fields.violation(name, "read-only", "Can't be changed: leave it out, or send the stored value.");
            }
        }
    }

    /** Compares the texts: {@code 1.0} or {@code 1e0} is not the same as 1. */
    private static boolean isSame(JsonNode sent, JsonNode stored) {
        return sent.isIntegralNumber() == stored.isIntegralNumber()
                && sent.toString().equals(stored.toString());
    }

    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            return patch;
        }
        var merged = target instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        changes.fields().forEachRemaining(change -> {
            if (change.getValue().isNull()) {
                merged.remove(change.getKey());
            } else {
                var before = merged.path(change.getKey());
                merged.set(change.getKey(), merge(before, change.getValue()));
            }
        });
        return merged;
    }

    private static String[] concat(String[] a, String[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}

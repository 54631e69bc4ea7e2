package org.pmsevents.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.json.JsonTime;
import org.pmsevents.platform.json.MergePatch;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.product.price.Currencies;
import org.pmsevents.product.price.Price;

/** Validates products; reports all violations at once. */
public final class ProductRules {
    private static final int NAME_LENGTH = 255;
    private static final int DESCRIPTION_LENGTH = 10_000;
    private static final int TAGS = 50;
    private static final int TAG_LENGTH = 64;
    private static final int ATTRIBUTES_BYTES = 16 * 1024;
    private static final BigDecimal HIGHEST_PRICE = new BigDecimal("99999999999999999999");
    private static final int PRICE_SCALE = 8;
    private static final Set<String> PRICE = Set.of("amount", "currency");
    private static final String[] WRITABLE = {"sku", "name", "description", "price", "tags", "attributes"};
    private static final String[] ALL = concat(WRITABLE, ProductJson.READ_ONLY);
    private static final String[] UNCHANGEABLE = concat(new String[] {"sku"}, ProductJson.READ_ONLY);

    /** The detail of a violation {@code read-only}. */
    public static final String READ_ONLY = "Can't be changed: leave it out, or send the stored value.";

    private ProductRules() {}

    /** Reads a new product. */
    public static ProductDraft draft(ParsedBody body) {
        var fields = body.fields().only(WRITABLE);
        var draft = read(fields, null);
        body.violations().throwIfAny();
        return draft;
    }

    /** Reads the replacement of a stored product. Read-only fields are allowed if they equal the stored ones. */
    public static ProductDraft replacement(ParsedBody body, Product stored) {
        var fields = body.fields().only(ALL);
        refuseChanged(fields, stored);
        var draft = read(fields, stored);
        body.violations().throwIfAny();
        return draft;
    }

    /** Applies a merge patch (RFC 7396) to a stored product. */
    static ProductDraft patched(ParsedBody patch, Product stored) {
        var changes = patch.fields();
        refuseUnknownNulls(changes);
        refuseChanged(changes, stored);
        var merged = MergePatch.apply(ProductJson.of(stored).deepCopy(), changes.tree());
        var draft = read(new Fields((ObjectNode) merged, "", patch.violations()).only(ALL), stored);
        patch.violations().throwIfAny();
        return draft;
    }

    /** A null removes its member, so the merged product no longer shows that there is no such field; inside attributes any name goes. */
    private static void refuseUnknownNulls(Fields changes) {
        refuseUnknownNulls(changes, changes.tree(), Set.of(ALL));
        if (changes.tree().get("price") instanceof ObjectNode price) {
            refuseUnknownNulls(new Fields(price, "/price", changes.violations()), price, PRICE);
        }
    }

    private static void refuseUnknownNulls(Fields fields, ObjectNode tree, Set<String> known) {
        tree.fields().forEachRemaining(member -> {
            if (member.getValue().isNull() && !known.contains(member.getKey())) {
                fields.unknown(member.getKey());
            }
        });
    }

    private static ProductDraft read(Fields fields, @Nullable Product stored) {
        return new ProductDraft(
                sku(fields, stored),
                fields.requiredText("name", NAME_LENGTH),
                fields.optionalText("description", DESCRIPTION_LENGTH),
                price(fields.requiredObject("price").only(PRICE.toArray(String[]::new)), stored),
                fields.distinctTexts("tags", TAGS, TAG_LENGTH),
                attributes(fields));
    }

    private static String sku(Fields fields, @Nullable Product stored) {
        if (stored != null) {
            return stored.sku();
        }
        return fields.requiredName("sku");
    }

    /** A stored price may be sent again, whatever rule it was stored under: a currency may have ended since. */
    private static Price price(Fields fields, @Nullable Product stored) {
        var price = new Price(
                fields.requiredDecimal("amount", BigDecimal.ZERO, HIGHEST_PRICE, PRICE_SCALE),
                fields.requiredText("currency", 3));
        if (stored == null || !price.equals(stored.draft().price())) {
            refuseNoMoney(fields, price);
        }
        return price;
    }

    private static void refuseNoMoney(Fields fields, Price price) {
        var digits = Currencies.digits(price.currency());
        if (digits.isEmpty()) {
            if (!price.currency().isBlank()) {
                fields.violation("currency", "unknown-currency", Currencies.RULE);
            }
        } else if (price.amount().stripTrailingZeros().scale() > digits.getAsInt()) {
            fields.violation("amount", "too-precise", Currencies.precision(price.currency(), digits.getAsInt()));
        }
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
            if (fields.has(name) && !isSame(name, fields.tree().get(name), json.get(name))) {
                fields.violation(name, "read-only", READ_ONLY);
            }
        }
    }

    /** Compares the texts: {@code 1.0} or {@code 1e0} is not the same as 1. A time may have been read with fewer digits. */
    private static boolean isSame(String name, JsonNode sent, JsonNode stored) {
        if (name.endsWith("At") && sent.isTextual() && stored.isTextual()) {
            return JsonTime.isSame(sent.textValue(), stored.textValue());
        }
        return sent.isIntegralNumber() == stored.isIntegralNumber()
                && sent.toString().equals(stored.toString());
    }

    private static String[] concat(String[] a, String[] b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}

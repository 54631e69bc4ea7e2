package org.pmsevents.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.Violations;

/**
 * Reads the members of a JSON object by type, without conversion (no {@code "7"} or {@code 1.9} for an integer; {@code 12.0} and
 * {@code 1.2e1} are the integer 12, as in JSON Schema), and collects violations instead of stopping at the first. After a violation
 * it returns a placeholder ({@code ""}, 0, an empty list), so callers read all members and then call {@link
 * Violations#throwIfAny()}. Lengths count Unicode code points, as PostgreSQL does.
 */
public final class Fields {
    private final ObjectNode object;
    private final String pointer;
    private final Violations violations;

    public Fields(ObjectNode object, String pointer, Violations violations) {
        this.object = object;
        this.pointer = pointer;
        this.violations = violations;
    }

    static Fields ofBody(ParsedBody body) {
        if (body.tree() instanceof ObjectNode object) {
            return new Fields(object, "", body.violations());
        }
        body.violations().add("", "type", "The body must be an object.");
        return absent("");
    }

    /**
     * A placeholder for an object that is missing or of another type. That is reported already, so violations of its members are
     * ignored.
     */
    private static Fields absent(String pointer) {
        return new Fields(JsonNodeFactory.instance.objectNode(), pointer, new Violations());
    }

    /** Rejects every member that is not listed. */
    public Fields only(String... allowed) {
        var known = Set.of(allowed);
        object.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                unknown(name);
            }
        });
        return this;
    }

    /** Rejects a member. */
    public void unknown(String name) {
        violation(name, "unknown-field", "There is no field with this name here.");
    }

    /** Whether the member is there, even as null. */
    public boolean has(String name) {
        return object.has(name);
    }

    /** The object as it was received. */
    public ObjectNode tree() {
        return object;
    }

    public Violations violations() {
        return violations;
    }

    /** Adds a violation found by the caller. */
    public void violation(String name, String code, String detail) {
        violations.add(pointerTo(name), code, detail);
    }

    /** The JSON pointer to a member. */
    public String pointerTo(String name) {
        return pointer + "/" + escape(name);
    }

    public String requiredText(String name, int maxLength) {
        return requiredText(name, maxLength, text -> true, "", "");
    }

    /** A text that is not blank and passes a test; a failure of the test is reported under the given code. */
    public String requiredText(String name, int maxLength, Predicate<String> valid, String code, String detail) {
        var node = required(name);
        var text = node == null ? null : text(node, pointerTo(name), maxLength);
        if (text == null) {
            return "";
        }
        if (text.isBlank()) {
            violation(name, "blank", "Must not be blank.");
        } else if (!valid.test(text)) {
            violation(name, code, detail);
        }
        return text;
    }

    /** The name of a product or location that may be new: see {@link PathName#fault}. */
    public String requiredName(String name) {
        var text = requiredText(name, PathName.MAX_LENGTH);
        if (!text.isBlank()) {
            refuseFault(name, text);
        }
        return text;
    }

    /** As {@link #requiredName}; null if it is absent. */
    public @Nullable String optionalName(String name) {
        var text = optionalText(name, PathName.MAX_LENGTH);
        if (text != null) {
            refuseFault(name, text);
        }
        return text;
    }

    private void refuseFault(String name, String text) {
        var fault = PathName.fault(text);
        if (fault != null) {
            violation(name, "pattern", fault);
        }
    }

    public @Nullable String optionalText(String name, int maxLength) {
        return optionalText(name, maxLength, text -> true, "", "");
    }

    public @Nullable String optionalText(
            String name, int maxLength, Predicate<String> valid, String code, String detail) {
        var node = optional(name);
        var text = node == null ? null : text(node, pointerTo(name), maxLength);
        if (text != null && !valid.test(text)) {
            violation(name, code, detail);
        }
        return text;
    }

    public long requiredInteger(String name, long min, long max) {
        var node = required(name);
        var value = node == null ? null : integer(node, name, min, max);
        return value == null ? 0 : value;
    }

    public @Nullable Long optionalInteger(String name, long min, long max) {
        var node = optional(name);
        return node == null ? null : integer(node, name, min, max);
    }

    /** @param maxScale maximum number of digits after the point */
    public BigDecimal requiredDecimal(String name, BigDecimal min, BigDecimal max, int maxScale) {
        var node = required(name);
        var value = node == null ? null : decimal(node, name, min, max, maxScale);
        return value == null ? BigDecimal.ZERO : value;
    }

    public boolean requiredBoolean(String name) {
        var node = required(name);
        return node != null && bool(node, name);
    }

    /** A time with its offset, such as {@code 2026-11-23T10:00:00Z} (RFC 3339). */
    public @Nullable Instant optionalInstant(String name) {
        var text = optionalText(name, 64);
        if (text == null) {
            return null;
        }
        try {
            var time = OffsetDateTime.parse(text);
            if (time.getYear() >= 1 && time.getYear() <= 9999) {
                return time.toInstant();
            }
        } catch (DateTimeException e) {
            // reported below
        }
        violation(name, "format", "Must be a time such as 2026-11-23T10:00:00Z.");
        return null;
    }

    /** The members of a required object. */
    public Fields requiredObject(String name) {
        var node = required(name);
        var fields = node == null ? null : fields(node, pointerTo(name));
        return fields == null ? absent(pointerTo(name)) : fields;
    }

    public @Nullable Fields optionalObject(String name) {
        var node = optional(name);
        return node == null ? null : fields(node, pointerTo(name));
    }

    /** The items of an array of texts; empty if it is absent. */
    public List<String> textArray(String name, int maxItems, int maxLength) {
        var node = optional(name);
        var texts = new ArrayList<String>();
        for (var item : node == null ? List.<Item>of() : items(node, name, maxItems)) {
            var text = text(item.node(), item.pointer(), maxLength);
            if (text != null) {
                texts.add(text);
            }
        }
        return List.copyOf(texts);
    }

    /** The items of an array of distinct texts, none of them blank; empty if it is absent. */
    public List<String> distinctTexts(String name, int maxItems, int maxLength) {
        var node = optional(name);
        var texts = new LinkedHashSet<String>();
        for (var item : node == null ? List.<Item>of() : items(node, name, maxItems)) {
            var text = text(item.node(), item.pointer(), maxLength);
            if (text == null) {
                continue;
            }
            if (text.isBlank()) {
                violations.add(item.pointer(), "blank", "Must not be blank.");
            } else if (!texts.add(text)) {
                violations.add(item.pointer(), "duplicate", "Occurs more than once.");
            }
        }
        return List.copyOf(texts);
    }

    /** The objects of a required array that must not be empty, in the order of the array. */
    public List<Fields> requiredObjects(String name, int maxItems) {
        var node = required(name);
        if (node == null) {
            return List.of();
        }
        if (node.isArray() && node.isEmpty()) {
            violation(name, "too-few", "Must have at least one item.");
        }
        var objects = new ArrayList<Fields>();
        for (var item : items(node, name, maxItems)) {
            var fields = fields(item.node(), item.pointer());
            objects.add(fields == null ? absent(item.pointer()) : fields);
        }
        return List.copyOf(objects);
    }

    private record Item(JsonNode node, String pointer) {}

    private List<Item> items(JsonNode array, String name, int maxItems) {
        if (!array.isArray()) {
            wrongType(pointerTo(name), "an array");
            return List.of();
        }
        if (array.size() > maxItems) {
            violation(name, "too-many", "May have at most " + maxItems + " items.");
            return List.of();
        }
        var items = new ArrayList<Item>(array.size());
        for (int i = 0; i < array.size(); i++) {
            items.add(new Item(array.get(i), pointerTo(name) + "/" + i));
        }
        return items;
    }

    private @Nullable JsonNode optional(String name) {
        var node = object.get(name);
        return node == null || node.isNull() ? null : node;
    }

    private @Nullable JsonNode required(String name) {
        var node = optional(name);
        if (node == null) {
            violation(name, "required", "Must be given.");
        }
        return node;
    }

    private @Nullable String text(JsonNode node, String at, int maxLength) {
        if (!node.isTextual()) {
            wrongType(at, "a string");
            return null;
        }
        var text = node.textValue();
        if (text.codePointCount(0, text.length()) > maxLength) {
            violations.add(at, "too-long", "May have at most " + maxLength + " characters.");
            return null;
        }
        return text;
    }

    private @Nullable Long integer(JsonNode node, String name, long min, long max) {
        if (!node.isNumber()) {
            wrongType(pointerTo(name), "an integer");
            return null;
        }
        var value = node.decimalValue();
        if (value.signum() != 0 && value.stripTrailingZeros().scale() > 0) {
            wrongType(pointerTo(name), "an integer, a number without fraction");
            return null;
        }
        if (value.compareTo(BigDecimal.valueOf(min)) < 0 || value.compareTo(BigDecimal.valueOf(max)) > 0) {
            violation(name, "out-of-range", "Must be from " + min + " to " + max + ".");
            return null;
        }
        return value.longValueExact();
    }

    private @Nullable BigDecimal decimal(JsonNode node, String name, BigDecimal min, BigDecimal max, int maxScale) {
        if (!node.isNumber()) {
            wrongType(pointerTo(name), "a number");
            return null;
        }
        var value = node.decimalValue();
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            violation(name, "out-of-range", "Must be from " + min.toPlainString() + " to " + max.toPlainString() + ".");
            return null;
        }
        if (value.scale() > maxScale) {
            violation(name, "too-precise", "May have at most " + maxScale + " digits after the point.");
            return null;
        }
        return value.scale() < 0 ? value.setScale(0) : value;
    }

    private boolean bool(JsonNode node, String name) {
        if (!node.isBoolean()) {
            wrongType(pointerTo(name), "true or false");
        }
        return node.booleanValue();
    }

    private @Nullable Fields fields(JsonNode node, String at) {
        if (node instanceof ObjectNode child) {
            return new Fields(child, at, violations);
        }
        wrongType(at, "an object");
        return null;
    }

    private void wrongType(String at, String expected) {
        violations.add(at, "type", "Must be " + expected + ".");
    }

    /** Escapes a name for a JSON pointer (RFC 6901, section 3). */
    static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}

package org.pmsevents.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.pmsevents.Client;
import org.pmsevents.Described;

/** Makes values that nearly fit a schema, and some that do not at all, as text that need not even be JSON. */
final class Nonsense {
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "a",
            "main",
            "Lamp",
            "null",
            "true",
            "0",
            "-1",
            "€",
            "日本語",
            "😀",
            "e\u0301",
            "\u202e",
            "\ufeff",
            "\u2028",
            "'",
            "\"",
            "\\",
            "/",
            "%",
            "%00",
            "..",
            "../../etc/passwd",
            "<script>",
            "${jndi:ldap://x}",
            "{{7*7}}",
            "' OR 1=1 --",
            "a\tb",
            "a\nb",
            "\u007f",
            "\u0085",
            "*",
            "product.*",
            "2026-11-23T10:00:00Z",
            "2026-02-30T10:00:00Z",
            "+999999999-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "01a20a17-728e-7646-9d1a-246d0e96725e",
            "x".repeat(300),
            "é".repeat(20_000));
    private static final List<String> RAW = List.of(
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1",
            "-1",
            "1.5",
            "1e3",
            "1E400",
            "-1e-400",
            "9223372036854775807",
            "9223372036854775808",
            "2147483648",
            "-2147483649",
            "99999999999999999999.99999999",
            "0.000000001",
            "NaN",
            "01",
            "1.",
            "+1",
            "[]",
            "{}",
            "[null]",
            "\"\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"\\udc00x\"",
            "\"\u0001\"",
            "'a'",
            "{\"a\":1,\"a\":2}",
            "[1,]",
            "\"",
            "{",
            "}",
            "[[[[[[[[]]]]]]]]");

    private final Random random;
    private final Described described;

    Nonsense(Random random, Described described) {
        this.random = random;
        this.described = described;
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** A body, as text that may be broken in any way. */
    byte[] body(JsonNode schema) {
        var json = json(schema, 0);
        var text = switch (random.nextInt(24)) {
            case 0 -> json.substring(0, random.nextInt(json.length() + 1));
            case 1 -> json + any(RAW);
            case 2 -> "[".repeat(5_000) + "]".repeat(5_000);
            case 3 -> "{\"a\":".repeat(1_000) + "1" + "}".repeat(1_000);
            case 4 -> any(RAW);
            case 5 -> json.replaceFirst("\\{", "{\"sku\":" + any(RAW).replace("$", "") + ",");
            case 6 -> "1".repeat(5_000);
            case 7 -> "";
            case 8 -> "\ufeff" + json;
            default -> json;
        };
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (oneIn(16) && bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    /** JSON that fits the schema, more or less. */
    String json(JsonNode of, int depth) {
        var schema = described.resolved(of);
        if (oneIn(12) || depth > 6) {
            return any(RAW);
        }
        if (schema.has("allOf")) {
            return json(any(list(schema.get("allOf"))), depth);
        }
        if (schema.has("enum")) {
            return any(list(schema.get("enum"))).toString();
        }
        var type = schema.path("type").isArray() ? any(list(schema.get("type"))) : schema.path("type");
        return switch (type.asText()) {
            case "object" -> object(schema, depth);
            case "array" -> array(schema, depth);
            case "string" -> Client.quoted(text(schema));
            case "integer" -> Long.toString(oneIn(8) ? random.nextLong() : random.nextInt(2_000) - 500);
            case "number" -> oneIn(2) ? random.nextInt(1_000) + "." + random.nextInt(100) : any(RAW);
            case "boolean" -> Boolean.toString(random.nextBoolean());
            case "null" -> "null";
            default -> any(RAW);
        };
    }

    private String object(JsonNode schema, int depth) {
        var members = new ArrayList<String>();
        var required =
                list(schema.path("required")).stream().map(JsonNode::asText).toList();
        schema.path("properties").fields().forEachRemaining(property -> {
            if (required.contains(property.getKey()) ? !oneIn(12) : oneIn(2)) {
                members.add(Client.quoted(property.getKey()) + ":" + json(property.getValue(), depth + 1));
            }
        });
        if (oneIn(16) || members.isEmpty()) {
            members.add(Client.quoted(any(TEXTS)) + ":" + any(RAW));
        }
        if (oneIn(24)) {
            members.add(any(members));
        }
        return "{" + String.join(",", members) + "}";
    }

    private String array(JsonNode schema, int depth) {
        var items = new ArrayList<String>();
        int count = oneIn(30) ? 1_100 : random.nextInt(4);
        for (int i = 0; i < count; i++) {
            items.add(json(schema.path("items"), depth + 1));
        }
        return "[" + String.join(",", items) + "]";
    }

    /** A text that fits the schema, more or less. */
    String text(JsonNode schema) {
        var examples = list(schema.path("examples"));
        if (!examples.isEmpty() && !oneIn(3)) {
            return any(examples).asText();
        }
        return switch (schema.path("format").asText()) {
            case "date-time" -> oneIn(3) ? any(TEXTS) : "2026-11-23T10:00:0" + random.nextInt(10) + "Z";
            case "uuid" -> oneIn(3) ? any(TEXTS) : new UUID(random.nextLong(), random.nextLong()).toString();
            default -> oneIn(3) ? any(TEXTS) : "fuzz-" + Integer.toHexString(random.nextInt(1 << 16));
        };
    }

    private static List<JsonNode> list(JsonNode array) {
        var items = new ArrayList<JsonNode>();
        array.forEach(items::add);
        return items;
    }
}

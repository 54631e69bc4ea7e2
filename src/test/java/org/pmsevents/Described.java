package org.pmsevents;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The API as its description has it: its calls, and what each may answer. */
public final class Described {
    private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");
    private static final Pattern CODE = Pattern.compile("`([a-z]+(?:-[a-z]+)*)`");

    private final JsonNode document;

    /** A method of a path. */
    public record Call(String method, String path, JsonNode operation) {
        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    public Described(JsonNode document) {
        this.document = document;
    }

    public List<Call> calls() {
        var calls = new ArrayList<Call>();
        document.get("paths")
                .fields()
                .forEachRemaining(path -> path.getValue().fields().forEachRemaining(operation -> {
                    if (METHODS.contains(operation.getKey()) && !path.getKey().startsWith("/api/test-")) {
                        calls.add(new Call(
                                operation.getKey().toUpperCase(Locale.ROOT), path.getKey(), operation.getValue()));
                    }
                }));
        return calls;
    }

    /** What a reference leads to, or the node itself. */
    public JsonNode resolved(JsonNode node) {
        var found = node;
        while (found.has("$ref")) {
            found = document.at(found.get("$ref").asText().substring(1));
        }
        return found;
    }

    public List<JsonNode> parameters(Call call, String in) {
        var found = new ArrayList<JsonNode>();
        call.operation().path("parameters").forEach(each -> {
            var parameter = resolved(each);
            if (parameter.path("in").asText().equals(in)) {
                found.add(parameter);
            }
        });
        return found;
    }

    /** The one type of body that a call takes, with its schema; missing if it takes none. */
    public JsonNode body(Call call) {
        return call.operation().at("/requestBody/content");
    }

    /** What is said of an answer; missing if that status is not described. */
    public JsonNode answer(Call call, int status) {
        return resolved(call.operation().at("/responses/" + status));
    }

    /** The codes of problems that a text names. */
    public static Set<String> codes(String text) {
        var codes = new TreeSet<String>();
        var found = CODE.matcher(text);
        while (found.find()) {
            codes.add(found.group(1));
        }
        return codes;
    }

    /** What any call may answer. */
    public Set<String> codesOfAnyCall() {
        return codes(document.at("/info/description").asText());
    }

    /** What is wrong with a value by its schema; empty if nothing is. */
    public List<String> faults(JsonNode value, JsonNode schema) {
        var faults = new ArrayList<String>();
        check(value, schema, "", faults);
        return faults;
    }

    private void check(JsonNode value, JsonNode described, String at, List<String> faults) {
        var schema = resolved(described);
        schema.path("allOf").forEach(part -> check(value, part, at, faults));
        if (schema.has("type") && !isOfType(value, schema.get("type"))) {
            faults.add(at + " is not of type " + schema.get("type") + ": " + value);
            return;
        }
        if (schema.has("enum") && !contains(schema.get("enum"), value)) {
            faults.add(at + " is none of " + schema.get("enum") + ": " + value);
        }
        if (value.isObject()) {
            schema.path("required").forEach(name -> {
                if (!value.has(name.asText())) {
                    faults.add(at + " lacks " + name);
                }
            });
            schema.path("properties").fields().forEachRemaining(property -> {
                if (value.has(property.getKey())) {
                    check(value.get(property.getKey()), property.getValue(), at + "/" + property.getKey(), faults);
                }
            });
        }
        if (value.isArray() && schema.has("items")) {
            value.forEach(item -> check(item, schema.get("items"), at + "/-", faults));
        }
    }

    private static boolean contains(JsonNode values, JsonNode value) {
        for (var each : values) {
            if (each.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOfType(JsonNode value, JsonNode types) {
        if (types.isArray()) {
            for (var type : types) {
                if (isOfType(value, type)) {
                    return true;
                }
            }
            return false;
        }
        return switch (types.asText()) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            default -> true;
        };
    }
}

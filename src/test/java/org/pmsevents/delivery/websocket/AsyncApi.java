package org.pmsevents.delivery.websocket;

import com.asyncapi.v3._0_0.model.AsyncAPI;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.Error;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** /asyncapi.yaml, and whether messages are as it says. */
final class AsyncApi {
    private static final ObjectMapper YAML =
            new ObjectMapper(new YAMLFactory()).enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    final JsonNode document;
    private final String text;
    private final SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7);
    private final ObjectNode closed;

    AsyncApi(String text) {
        this.text = text;
        try {
            document = YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
        closed = document.get("components").deepCopy();
        close(closed);
    }

    /** As the types of AsyncAPI 3.0 have it; fails on whatever they don't know. */
    AsyncAPI strictly() throws JsonProcessingException {
        return YAML.readValue(text, AsyncAPI.class);
    }

    /** Clients are to ignore fields that they don't know; here one that isn't described is an error. */
    private static void close(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(AsyncApi::close);
    }

    /** What is wrong with a message of this name; empty if nothing. */
    List<Error> problems(String message, JsonNode payload) {
        var pointer = "/components/messages/" + message + "/payload";
        if (document.at(pointer).isMissingNode()) {
            throw new AssertionError("not described: " + message);
        }
        var schema = YAML.createObjectNode();
        schema.putArray("allOf").addObject().put("$ref", "#" + pointer);
        schema.set("components", closed);
        return schemas.getSchema(schema).validate(payload);
    }

    List<String> references() {
        return document.findValuesAsText("$ref");
    }

    /** The names of the messages of a channel. */
    List<String> messagesOf(String channel) {
        return names(document.at("/channels/" + channel + "/messages"));
    }

    static List<String> names(JsonNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        return List.copyOf(new TreeSet<>(names));
    }
}

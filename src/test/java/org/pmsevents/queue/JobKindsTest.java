package org.pmsevents.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.platform.json.StrictJson;

/** That a kind's schema takes the payloads that the kind takes, and no others. */
@QuarkusTest
class JobKindsTest {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** A payload with all members, for kinds that have any. */
    private static final Map<String, String> FULL = Map.of(
            "pms.sync", "{\"sku\":\"MUG-1\"}",
            "import.run", "{\"id\":\"01a20b94-0000-7000-8000-000000000000\"}",
            "queue.probe", "{\"steps\":1,\"stepMillis\":2,\"failures\":3}",
            "test.named", "{\"name\":\"a\"}",
            "test.single", "{\"name\":\"a\"}",
            "admin.alert", AlertPayload.FULL,
            "admin.webhook", AlertPayload.FULL);

    private static final class AlertPayload {
        private static final String FULL = """
                {"key":"k","severity":"critical","title":"t","detail":"d","subject":"s","count":1,"summary":false,
                 "since":"2026-11-23T10:00:00Z","at":"2026-11-23T10:00:00Z","actor":"a","traceId":"x"}
                """;
    }

    private final Client operator = Client.of("otto", "operator");

    @Inject
    JobKinds kinds;

    @Test
    void aSchemaTakesWhatTheKindTakesAndRefusesWhatItRefuses() {
        for (var kind : kinds.all()) {
            var schema = schema(kind.payloadSchema());
            var full = (ObjectNode) Client.json(FULL.getOrDefault(kind.name(), "{}"));
            assertThat(names(full))
                    .as(kind.name() + " has a payload with all members above")
                    .isEqualTo(names(Client.json(kind.payloadSchema()).path("properties")));
            assertThat(takes(kind, full)).as(kind.name()).isTrue();
            for (var payload : variants(full)) {
                assertThat(schema.validate(
                                        payload.toString(),
                                        InputFormat.JSON,
                                        formats ->
                                                formats.executionConfig(config -> config.formatAssertionsEnabled(true)))
                                .isEmpty())
                        .as("%s: the schema takes %.200s", kind.name(), payload)
                        .isEqualTo(takes(kind, payload));
            }
        }
    }

    private static Schema schema(String text) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text);
    }

    private static boolean takes(JobKind<?> kind, ObjectNode payload) {
        var body = StrictJson.read(payload.toString().getBytes(StandardCharsets.UTF_8));
        kind.read(body.fields());
        return body.violations().isEmpty();
    }

    /** It itself, one with a further member, and for each member: without it, and with another value. */
    private static List<ObjectNode> variants(ObjectNode full) {
        var variants = new ArrayList<ObjectNode>(List.of(full, full.deepCopy().put("more", 1)));
        for (var name : names(full)) {
            var without = full.deepCopy();
            without.remove(name);
            variants.add(without);
            for (var value : List.of(
                    JSON.nullNode(),
                    JSON.booleanNode(true),
                    JSON.numberNode(-1),
                    JSON.numberNode(0),
                    JSON.numberNode(1000),
                    JSON.numberNode(1001),
                    JSON.numberNode(10_001),
                    JSON.numberNode(1.5),
                    JSON.textNode(""),
                    JSON.textNode(" "),
                    JSON.textNode("7"),
                    JSON.textNode("x".repeat(64)),
                    JSON.textNode("x".repeat(256)),
                    JSON.textNode("x".repeat(10_001)),
                    JSON.arrayNode(),
                    JSON.objectNode())) {
                variants.add(full.deepCopy().set(name, value));
            }
        }
        return variants;
    }

    private static HashSet<String> names(JsonNode object) {
        var names = new HashSet<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void anOperatorSeesEachKindWithWhatItTakes() {
        var answer = operator.request().get("/api/jobs/kinds");
        assertThat(answer.statusCode()).isEqualTo(200);
        var items = Client.json(answer).get("items");
        assertThat(items.findValuesAsText("kind"))
                .isSorted()
                .hasSameElementsAs(kinds.all().stream().map(JobKind::name).toList());
        for (var item : items) {
            var kind = kinds.named(item.get("kind").textValue()).orElseThrow();
            assertThat(item.get("callable").booleanValue()).isEqualTo(kind.callable());
            assertThat(item.get("cron").asText(null)).isEqualTo(kind.cron().orElse(null));
            assertThat(item.get("concurrency").intValue()).isEqualTo(kind.concurrency());
            assertThat(item.get("timeoutSeconds").longValue())
                    .isEqualTo(kind.timeout().toSeconds());
            assertThat(item.get("maxAttempts").intValue()).isEqualTo(kind.maxAttempts());
            assertThat(item.get("payloadSchema")).isEqualTo(Client.json(kind.payloadSchema()));
        }
    }
}

package org.pmsevents;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;

@QuarkusTest
class OpenApiTest {
    private static final String SKU = "/paths/~1api~1products~1{sku}";

    /** Of every call: too many requests. */
    private static final String ANY_CALL = "429";

    private static final String CONDITION = "412";

    private JsonNode document;

    @BeforeEach
    void read() {
        document = Client.json(given().get("/q/openapi?format=json"));
    }

    @ParameterizedTest
    @CsvSource({
        "/paths/~1api~1products/post, application~1json, ProductDraft",
        "/paths/~1api~1products~1batch/post, application~1json, ProductLines",
        SKU + "/put, application~1json, ProductReplacement",
        SKU + "/patch, application~1merge-patch+json, ProductPatch",
        "/paths/~1api~1inventory~1{sku}~1adjustments/post, application~1json, Adjustment",
        "/paths/~1api~1inventory~1adjustments/post, application~1json, Adjustments",
        "/paths/~1api~1inventory~1{sku}/put, application~1json, StockCount",
        "/paths/~1api~1inventory~1{sku}~1threshold/put, application~1json, Threshold",
        "/paths/~1api~1jobs/post, application~1json, NewJob",
        "/paths/~1api~1keys/post, application~1json, NewApiKey",
        "/paths/~1webhooks~1pms~1stock/post, application~1json, StockCounts",
        "/paths/~1webhooks~1pms~1products/post, application~1json, PmsProducts",
        "/paths/~1api~1pms~1unknown-skus~1{id}~1resolve/post, application~1json, SkuResolution"
    })
    void aBodyIsDescribedByItsFields(String operation, String type, String schema) {
        var content = document.at(operation + "/requestBody/content");
        assertThat(content.size()).isEqualTo(1);
        assertThat(content.at("/" + type + "/schema/$ref").textValue()).isEqualTo("#/components/schemas/" + schema);
    }

    @ParameterizedTest
    @CsvSource({
        "/paths/~1api~1products/post, 201 400 401 403 409 408 413 415 422 503",
        "/paths/~1api~1products/get, 200 400 401 403 503",
        "/paths/~1api~1products~1batch/post, 200 400 401 403 409 408 413 415 422 503",
        SKU + "/get, 200 304 400 401 403 404 503",
        SKU + "/put, 200 400 401 403 404 409 412 408 413 415 503",
        SKU + "/patch, 200 400 401 403 404 409 412 408 413 415 503",
        SKU + "/delete, 204 400 401 403 404 412 503",
        "/paths/~1api~1products~1{sku}~1publish/post, 200 400 401 403 404 409 412 422 503",
        "/paths/~1api~1products~1{sku}~1history/get, 200 400 401 403 404 503",
        "/paths/~1api~1metrics~1summary/get, 200 400 401 403 503",
        "/paths/~1api~1events/get, 200 400 401 403 410 503",
        "/paths/~1api~1events~1stream/get, 200 400 401 403 503",
        "/paths/~1api~1events~1dead-letters/get, 200 400 401 403 503",
        "/paths/~1api~1events~1dead-letters~1{id}~1retry/post, 204 400 401 403 404 409 422 503",
        "/paths/~1api~1inventory~1{sku}/get, 200 400 401 403 404 503",
        "/paths/~1api~1inventory/get, 200 400 401 403 503",
        "/paths/~1api~1inventory~1{sku}~1adjustments/post, 200 400 401 403 404 409 408 413 415 422 503",
        "/paths/~1api~1inventory~1adjustments/post, 200 400 401 403 409 408 413 415 422 503",
        "/paths/~1api~1inventory~1{sku}/put, 200 400 401 403 404 409 408 413 415 422 503",
        "/paths/~1api~1inventory~1{sku}~1threshold/put, 200 400 401 403 404 408 413 415 503",
        "/paths/~1api~1inventory~1{sku}~1locations/get, 200 400 401 403 404 503",
        "/paths/~1api~1inventory~1{sku}~1movements/get, 200 400 401 403 404 503",
        "/paths/~1api~1locations~1{location}/get, 200 400 401 403 404 503",
        "/paths/~1api~1locations~1{location}/put, 200 400 401 403 408 413 415 503",
        "/paths/~1api~1cache~1stats/get, 200 400 401 403",
        "/paths/~1api~1cache/delete, 204 400 401 403 503",
        "/paths/~1api~1jobs/post, 200 202 400 401 403 409 408 413 415 422 503",
        "/paths/~1api~1jobs/get, 200 400 401 403 503",
        "/paths/~1api~1jobs~1kinds/get, 200 400 401 403 503",
        "/paths/~1api~1jobs~1{id}/get, 200 400 401 403 404 503",
        "/paths/~1api~1jobs~1{id}~1cancel/post, 200 400 401 403 404 409 422 503",
        "/paths/~1api~1jobs~1{id}~1retry/post, 200 400 401 403 404 409 422 503",
        "/paths/~1api~1jobs~1retry/post, 200 400 401 403 409 422 503",
        "/paths/~1api~1me/get, 200 400 401 403 503",
        "/paths/~1api~1keys/post, 201 400 401 403 409 408 413 415 422 503",
        "/paths/~1api~1keys/get, 200 400 401 403 503",
        "/paths/~1api~1keys~1{id}/delete, 204 400 401 403 404 503",
        "/paths/~1api~1keys~1audit/get, 200 400 401 403 503",
        "/paths/~1api~1pms~1unknown-skus/get, 200 400 401 403 503",
        "/paths/~1api~1pms~1unknown-skus~1{id}~1resolve/post, 200 400 401 403 404 409 408 413 415 422 503"
    })
    void everyStatusOfACallIsDescribed(String operation, String statuses) {
        assertThat(document.at(operation + "/responses").fieldNames())
                .toIterable()
                .filteredOn(status -> !status.equals(ANY_CALL) && !status.equals(CONDITION))
                .containsExactlyInAnyOrder(statuses.replace(" " + CONDITION, "").split(" "));
        assertThat(document.at(operation + "/security").size()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stock", "products"})
    void aWebhookIsDescribedWithItsSignatureInsteadOfAToken(String webhook) {
        var operation = document.at("/paths/~1webhooks~1pms~1" + webhook + "/post");
        assertThat(operation.get("responses").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("200", "400", "401", "408", CONDITION, "413", "415", "422", ANY_CALL, "503");
        assertThat(operation.path("security").size()).isZero();
        assertThat(operation.get("parameters").findValuesAsText("name"))
                .containsExactlyInAnyOrder("webhook-id", "webhook-timestamp", "webhook-signature");
    }

    @Test
    void everyCallMayBeRefusedForHowManyThereAreOrForItsCondition() {
        document.get("paths")
                .forEach(path -> path.forEach(operation -> {
                    if (operation.has("responses")) {
                        assertThat(operation
                                        .at("/responses/" + ANY_CALL + "/$ref")
                                        .asText())
                                .isEqualTo("#/components/responses/TooManyRequests");
                        assertThat(operation
                                        .at("/responses/" + CONDITION + "/$ref")
                                        .asText())
                                .isIn(
                                        "#/components/responses/PreconditionFailed",
                                        "#/components/responses/VersionMismatch");
                    }
                }));
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        var references = new ArrayList<String>();
        document.findValues("$ref").forEach(reference -> references.add(reference.textValue()));
        assertThat(references)
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
    }

    /** Generators name methods after it, Swagger UI links by it. */
    @Test
    void everyCallHasANameOfItsOwnADescriptionAndOneTag() {
        var names = new ArrayList<String>();
        for (var call : new Described(document).calls()) {
            names.add(call.operation().path("operationId").asText());
            assertThat(call.operation().path("description").asText())
                    .as("%s", call)
                    .isNotBlank();
            assertThat(call.operation().path("summary").asText()).as("%s", call).isNotBlank();
            assertThat(call.operation().path("tags")).as("%s", call).hasSize(1);
        }
        assertThat(names)
                .hasSizeGreaterThan(35)
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("[a-z][A-Za-z]+"));
    }

    @Test
    void tagsAreInTheOrderOfReadingAndEachHasAMeaning() {
        var tags = document.get("tags").findValuesAsText("name");
        assertThat(tags).startsWith("Products", "Inventory").doesNotHaveDuplicates();
        assertThat(document.get("tags"))
                .allSatisfy(tag -> assertThat(tag.path("description").asText())
                        .as(tag.path("name").asText())
                        .isNotBlank());
        assertThat(new Described(document).calls())
                .allSatisfy(call ->
                        assertThat(tags).contains(call.operation().at("/tags/0").asText()));
    }

    @Test
    void allRolesThatMayMakeACallAreNamed() {
        var create = document.at("/paths/~1api~1products/post");
        assertThat(create.get("x-roles")).hasToString("[\"editor\",\"admin\"]");
        assertThat(create.get("description").asText()).endsWith("Roles: `editor`, `admin`.");
        assertThat(document.at(SKU + "/get/x-roles"))
                .hasToString("[\"viewer\",\"editor\",\"stock\",\"operator\",\"admin\"]");
        for (var call : new Described(document).calls()) {
            var security = call.operation().path("security");
            assertThat(call.operation().has("x-roles")).as("%s", call).isEqualTo(!security.isEmpty());
            assertThat(security.isEmpty() ? "[]" : security.toString())
                    .as("%s", call)
                    .isIn("[]", "[{\"token\":[]}]");
        }
        assertThat(document.at("/components/securitySchemes").fieldNames())
                .toIterable()
                .containsExactly("token");
    }

    /** As Swagger UI fills it in: what a reader sends first must not be refused for its form. */
    @Test
    void theExampleOfEveryBodyIsTaken() {
        var client = Client.of("root", "admin");
        client.request(Client.product("MUG-1")).post("/api/products");
        int tried = 0;
        for (var call : new Described(document).calls()) {
            for (var body : call.operation().at("/requestBody/content").properties()) {
                if (!body.getValue().at("/schema/$ref").isTextual()) { // a file
                    continue;
                }
                var schema =
                        document.at(body.getValue().at("/schema/$ref").asText().substring(1));
                var examples = schema.path("examples");
                assertThat(examples)
                        .as("examples of the body of " + call.toString())
                        .isNotEmpty();
                if (call.operation().path("security").isEmpty()) {
                    continue;
                }
                for (var example : examples) {
                    tried++;
                    var answer = client.request()
                            .contentType(body.getKey())
                            .body(example.toString())
                            .request(
                                    call.method(),
                                    call.path()
                                            .replace("{sku}", "MUG-1")
                                            .replace("{location}", "store-7")
                                            .replaceAll("\\{[a-z]+}", "018f3c1e-7a2b-7c3d-9e4f-5a6b7c8d9e0f"));
                    assertThat(answer.statusCode())
                            .as(call.toString() + " " + example + ": " + answer.asString())
                            .isNotIn(400, 413, 415, 422)
                            .isLessThan(500);
                }
            }
        }
        assertThat(tried).isGreaterThan(8);
    }

    @Test
    void everyEventHasAPayloadThatItsTypeNames() {
        var types = document.at("/components/schemas/EventMessage/discriminator/mapping");
        var feed = Arrays.stream(EventType.values())
                .filter(type -> type.scope() == EventScope.FEED)
                .map(EventType::wireName)
                .toList();
        assertThat(types.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(feed);
        for (var type : types.properties()) {
            var schema = document.at(type.getValue().asText().substring(1));
            assertThat(schema.at("/properties/type/enum/0").asText()).isEqualTo(type.getKey());
            assertThat(schema.at("/properties/payload/$ref").asText()).startsWith("#/components/schemas/");
        }
    }
}

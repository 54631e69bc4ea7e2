package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.Header;
import io.restassured.response.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;

@QuarkusTest
class ProductResourceTest {
    private final Client editor = Client.editor();
    private final String sku = Client.newSku("P ");

    private String etag() {
        return editor.read(sku).header("ETag");
    }

    private Response putIf(String ifMatch, String body) {
        return editor.request(body).header("If-Match", ifMatch).put(Client.path(sku));
    }

    private static String renamed(String sku, String name) {
        return Client.product(sku).replace("Lamp", name);
    }

    /** The types of what the feed tells of this test's product, in order; the last one must be this. */
    private List<String> toldUpTo(long after, long version) {
        await().until(() -> {
            var events = editor.events(after, sku);
            return !events.isEmpty()
                    && events.get(events.size() - 1).at("/payload/version").longValue() == version;
        });
        return editor.events(after, sku).stream()
                .map(event -> event.get("type").textValue() + " "
                        + event.at("/payload/version").longValue())
                .toList();
    }

    @Test
    void aNewProductIsADraftOfVersionOneWithEveryField() {
        var created = editor.request(Client.product(sku)).post("/api/products");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.header("ETag")).isEqualTo("\"1\"");
        assertThat(created.contentType()).startsWith("application/json");
        var product = (ObjectNode) Client.json(created);
        assertThat(product.fieldNames())
                .toIterable()
                .containsExactly(
                        "sku",
                        "name",
                        "description",
                        "price",
                        "tags",
                        "attributes",
                        "status",
                        "version",
                        "createdAt",
                        "updatedAt",
                        "publishedAt");
        assertThat(product.get("status").textValue()).isEqualTo("draft");
        assertThat(product.get("createdAt")).isEqualTo(product.get("updatedAt"));
        assertThat(product.get("publishedAt").isNull()).isTrue();
        assertThat(Client.json(editor.read(sku))).isEqualTo(product);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"BANK CHARGES", "a+b", "Größe 5\u00A0x", "C++ & co=1", "é😀", "a:b@c!$'()*,", "[x]{y}|^`\\\""})
    void theLocationOfANewProductLeadsToIt(String start) {
        var odd = Client.newSku(start + " ");
        var created = editor.request(Client.product(odd)).post("/api/products");
        assertThat(created.statusCode()).isEqualTo(201);
        var location = URI.create(created.header("Location"));
        assertThat(location.getRawPath())
                .matches("/api/products/[\\x21-\\x7E]+")
                .doesNotContain(" ");
        editor.request().get(location.getRawPath()).then().statusCode(200).body("sku", equalTo(odd));
        editor.read(odd).then().statusCode(200).body("sku", equalTo(odd));
    }

    @ParameterizedTest
    @CsvSource({"10,JPY", "10.00,JPY", "1.234,KWD", "1.2340,KWD", "12.50,EUR", "0,USD"})
    void aPriceHasTheDigitsOfItsCurrency(String amount, String currency) {
        var body = Client.product(sku).replace("12.50", amount).replace("EUR", currency);
        var created = editor.request(body).post("/api/products");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.asString()).contains("\"amount\":" + amount + ",\"currency\":\"" + currency + "\"");
        assertThat(editor.read(sku).asString()).contains("\"amount\":" + amount + ",");
    }

    @Test
    void aSkuIsTakenOnce() {
        editor.create(sku);
        editor.isProblem(editor.request(Client.product(sku)).post("/api/products"), 409, "product-exists");
        assertThat(etag()).isEqualTo("\"1\"");
        editor.archive(sku).then().statusCode(204);
        editor.isProblem(editor.request(Client.product(sku)).post("/api/products"), 409, "product-exists")
                .body("archived", equalTo(true))
                .body("detail", containsString("archived"))
                .body("detail", containsString("restore"));
    }

    private Response restore(String ifMatch) {
        return editor.request().header("If-Match", ifMatch).post(Client.path(sku) + "/restore");
    }

    @Test
    void anArchivedProductComesBackAsADraft() {
        long head = editor.head();
        editor.create(sku);
        editor.isProblem(restore("*"), 409, "product-not-archived");
        var published = Client.json(editor.publish(sku));
        editor.isProblem(restore("*"), 409, "product-not-archived");
        editor.archive(sku).then().statusCode(204);
        editor.isProblem(restore("\"2\""), 412, "version-mismatch");
        var restored = restore("\"3\"");
        assertThat(restored.statusCode()).isEqualTo(200);
        assertThat(restored.header("ETag")).isEqualTo("\"4\"");
        var product = Client.json(restored);
        assertThat(product.get("status").textValue()).isEqualTo("draft");
        assertThat(product.get("publishedAt")).isEqualTo(published.get("publishedAt"));
        assertThat(Client.json(editor.read(sku))).isEqualTo(product);
        assertThat(toldUpTo(head, 4))
                .containsExactly("product.created 1", "product.published 2", "product.updated 3", "product.updated 4");
        var told = editor.events(head, sku).get(3);
        assertThat(told.at("/payload/changed").toString()).isEqualTo("[\"status\"]");
        await().until(() -> editor.history(sku).size() == 4);
        assertThat(editor.history(sku).get(0).at("/product/status").textValue()).isEqualTo("draft");
        editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200);
        editor.publish(sku).then().statusCode(200).body("status", equalTo("published"));
    }

    @Test
    void aRestorationUnderAKeyIsDoneOnce() {
        editor.create(sku);
        editor.archive(sku).then().statusCode(204);
        var key = Client.newSku("key-");
        var first = editor.request().header("Idempotency-Key", key).post(Client.path(sku) + "/restore");
        assertThat(first.statusCode()).isEqualTo(200);
        var again = editor.request().header("Idempotency-Key", key).post(Client.path(sku) + "/restore");
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(again.asString()).isEqualTo(first.asString());
        var viewer = Client.viewer();
        viewer.isProblem(viewer.request().post(Client.path(sku) + "/restore"), 403, "forbidden");
        editor.isProblem(
                editor.request().post(Client.path(Client.newSku("none ")) + "/restore"), 404, "product-not-found");
    }

    @Test
    void ofConcurrentCreationsOfOneSkuExactlyOneSucceeds() {
        assertThat(statuses(8, i -> editor.request(Client.product(sku)).post("/api/products")))
                .containsOnlyOnce(201)
                .filteredOn(status -> status != 201)
                .hasSize(7)
                .containsOnly(409);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"1\"", "W/\"1\"", "\"7\", \"1\"", "\"7\",W/\"1\" , \"x,y\"", "*", "\"1\","})
    void aReadWithTheCurrentETagIsNotModified(String ifNoneMatch) {
        editor.create(sku);
        editor.request()
                .header("If-None-Match", ifNoneMatch)
                .get(Client.path(sku))
                .then()
                .statusCode(304)
                .header("ETag", "\"1\"")
                .body(equalTo(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"2\"", "W/\"2\"", "\"\"", "\"*\""})
    void aReadWithAnotherETagGetsTheProduct(String ifNoneMatch) {
        editor.create(sku);
        editor.request()
                .header("If-None-Match", ifNoneMatch)
                .get(Client.path(sku))
                .then()
                .statusCode(200)
                .body("sku", equalTo(sku));
    }

    @Test
    void everyCallForAnUnknownProductIsNotFound() {
        editor.isProblem(editor.read(sku), 404, "product-not-found");
        editor.isProblem(editor.put(sku, Client.product(sku)), 404, "product-not-found");
        editor.isProblem(editor.patch(sku, "{}"), 404, "product-not-found");
        editor.isProblem(editor.publish(sku), 404, "product-not-found");
        editor.isProblem(editor.archive(sku), 404, "product-not-found");
        editor.isProblem(editor.request().get(Client.path(sku) + "/history"), 404, "product-not-found");
    }

    @Test
    void aReplacementSetsGivenFieldsAndClearsOmittedOnes() {
        editor.create(sku, Client.product(sku).replace("}}", "},\"tags\":[\"x\"],\"description\":\"d\"}"));
        editor.put(sku, renamed(sku, "Table"))
                .then()
                .statusCode(200)
                .header("ETag", "\"2\"")
                .body("name", equalTo("Table"))
                .body("version", equalTo(2))
                .body("description", equalTo(null))
                .body("tags.size()", equalTo(0));
        editor.read(sku).then().header("ETag", "\"2\"").body("name", equalTo("Table"));
    }

    @Test
    void aReplacementWithoutAChangeKeepsTheVersionAndPublishesNoEvent() {
        long head = editor.head();
        var created = editor.create(sku);
        editor.put(sku, Client.product(sku)).then().statusCode(200).header("ETag", "\"1\"");
        editor.put(sku, created.toString()).then().statusCode(200).header("ETag", "\"1\"");
        editor.patch(sku, "{\"name\":\"Lamp\",\"tags\":[]}")
                .then()
                .statusCode(200)
                .header("ETag", "\"1\"");
        editor.put(sku, renamed(sku, "Table")).then().header("ETag", "\"2\"");
        assertThat(toldUpTo(head, 2)).containsExactly("product.created 1", "product.updated 2");
        assertThat(editor.events(head, sku).get(1).at("/payload/changed")).hasToString("[\"name\"]");
    }

    @Test
    void readOnlyFieldsAreAcceptedWithTheirStoredValuesOnly() {
        var stored = (ObjectNode) editor.create(sku);
        var other = stored.deepCopy();
        other.put("sku", sku + "x")
                .put("status", "published")
                .put("version", "1")
                .put("createdAt", "2020-01-01T00:00:00Z")
                .put("updatedAt", 5)
                .put("publishedAt", "2020-01-01T00:00:00Z");
        for (var answer : List.of(editor.put(sku, other.toString()), editor.patch(sku, other.toString()))) {
            editor.isProblem(answer, 400, "validation-failed")
                    .body(
                            "violations.pointer",
                            equalTo(List.of("/sku", "/status", "/version", "/createdAt", "/updatedAt", "/publishedAt")))
                    .body("violations.code.unique()", equalTo(List.of("read-only")));
        }
        editor.put(sku, stored.put("name", "Table").toString()).then().statusCode(200);
        var patch = """
                {"version":2,"status":"draft","publishedAt":null,"name":"Chair"}""";
        editor.patch(sku, patch).then().statusCode(200).header("ETag", "\"3\"");
    }

    @Test
    void aChangeWithAnotherIfMatchIsRefusedWithTheCurrentVersion() {
        editor.create(sku);
        for (var ifMatch : List.of("\"2\"", "W/\"1\"", "\"2\", W/\"1\"", "\"01\"")) {
            editor.isProblem(putIf(ifMatch, renamed(sku, "Table")), 412, "version-mismatch")
                    .header("ETag", "\"1\"")
                    .body("version", equalTo(1));
        }
        var header = new Header("If-Match", "\"2\"");
        editor.isProblem(
                editor.request()
                        .header(header)
                        .contentType("application/merge-patch+json")
                        .body("{}")
                        .patch(Client.path(sku)),
                412,
                "version-mismatch");
        editor.isProblem(editor.request().header(header).post(Client.path(sku) + "/publish"), 412, "version-mismatch");
        editor.isProblem(editor.request().header(header).delete(Client.path(sku)), 412, "version-mismatch");
        assertThat(etag()).isEqualTo("\"1\"");
    }

    @Test
    void aChangeWithAMatchingIfMatchIsMade() {
        editor.create(sku);
        putIf("\"1\"", renamed(sku, "Two")).then().statusCode(200);
        putIf("\"9\", \"2\"", renamed(sku, "Three")).then().statusCode(200);
        putIf("*", renamed(sku, "Four")).then().statusCode(200);
        editor.request(renamed(sku, "Five"))
                .header("If-Match", "\"9\"")
                .header("If-Match", "\"4\"")
                .put(Client.path(sku))
                .then()
                .statusCode(200)
                .header("ETag", "\"5\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "\"1", "1\"", "\"1\" \"2\"", "w/\"1\"", "W/ \"1\"", "*,\"1\"", "\"1\"x", ","})
    void anInvalidPreconditionIsRefused(String header) {
        editor.create(sku);
        editor.isProblem(putIf(header, renamed(sku, "Table")), 400, "invalid-header");
        editor.isProblem(editor.request().header("If-None-Match", header).get(Client.path(sku)), 400, "invalid-header");
        assertThat(etag()).isEqualTo("\"1\"");
    }

    @Test
    void aLongListOfTagsIsRead() {
        editor.create(sku);
        var tags = "\"7\",".repeat(3_000) + "\"1\"";
        editor.request()
                .header("If-None-Match", tags)
                .get(Client.path(sku))
                .then()
                .statusCode(304);
    }

    @Test
    void aPatchMergesAttributesRemovesNullsAndReplacesArrays() {
        editor.create(sku, Client.product(sku).replace("}}", """
                },"tags":["a","b"],"description":"d","attributes":\
                {"size":{"w":1,"h":2},"colours":["red","blue"],"old":true}}"""));
        var patched = editor.patch(sku, """
                {"description":null,"tags":["c"],"attributes":\
                {"size":{"h":null,"d":{"x":null,"y":[null]}},"colours":["green"],"old":null,"new":1}}""");
        assertThat(patched.statusCode()).isEqualTo(200);
        var product = Client.json(patched);
        assertThat(product.get("attributes")).isEqualTo(Client.json("""
                {"size":{"w":1,"d":{"y":[null]}},"colours":["green"],"new":1}"""));
        assertThat(product.get("tags")).hasToString("[\"c\"]");
        assertThat(product.get("description").isNull()).isTrue();
        assertThat(product.at("/price/currency").textValue()).isEqualTo("EUR");
        assertThat(Client.json(editor.read(sku))).isEqualTo(product);
        var attributes = editor.patch(sku, "{\"attributes\":null}");
        assertThat(Client.json(attributes).get("attributes")).hasToString("{}");
    }

    @Test
    void decimalsKeepTheirDigitsEverywhere() {
        long head = editor.head();
        var body = Client.product(sku)
                .replace("12.50", "12345678901234567.89")
                .replace(
                        "}}",
                        "},\"attributes\":{\"n\":1.10,\"tiny\":1e-7,\"big\":1E300,\"i\":12345678901234567890123}}");
        var plain = "1" + "0".repeat(300);
        var exact = List.of("12345678901234567.89", "1.10,", "0.0000001,", plain, "12345678901234567890123");
        assertThat(editor.request(body).post("/api/products").asString()).contains(exact);
        assertThat(editor.read(sku).asString()).contains(exact);
        assertThat(editor.request()
                        .get("/api/products?q=" + Client.path(sku).substring(14))
                        .asString())
                .contains(exact);
        editor.patch(sku, "{\"price\":{\"amount\":1.10}}").then().body(containsString("\"amount\":1.10,"));
        editor.patch(sku, "{\"price\":{\"amount\":0.10000000}}").then().body(containsString("\"amount\":0.10000000,"));
        editor.patch(sku, "{\"price\":{\"amount\":1e2}}").then().body(containsString("\"amount\":100,"));
        assertThat(toldUpTo(head, 4)).hasSize(4);
        assertThat(editor.request().get("/api/events?limit=500&after=" + head).asString())
                .contains(exact)
                .contains("\"amount\":1.10,", "\"amount\":0.10000000,", "\"amount\":100,");
        await().until(() -> editor.history(sku).size() == 4);
        assertThat(editor.request().get(Client.path(sku) + "/history").asString())
                .contains(exact)
                .contains("\"amount\":0.10000000,");
    }

    @Test
    void aNumberThatIsLongBecauseOfItsExponentIsRefused() {
        editor.isProblem(
                        editor.request(Client.product(sku).replace("}}", "},\"attributes\":{\"n\":1E1000}}"))
                                .post("/api/products"),
                        400,
                        "validation-failed")
                .body("violations[0].pointer", equalTo("/attributes/n"))
                .body("violations[0].code", equalTo("number-out-of-range"));
    }

    @Test
    void attributesAreLimitedByTheirSerializedSize() {
        var many = IntStream.range(0, 100).mapToObj(i -> "1E900").collect(Collectors.joining(",", "[", "]"));
        editor.isProblem(
                        editor.request(Client.product(sku).replace("}}", "},\"attributes\":{\"n\":" + many + "}}"))
                                .post("/api/products"),
                        400,
                        "validation-failed")
                .body("violations[0].pointer", equalTo("/attributes"))
                .body("violations[0].code", equalTo("too-large"));
    }

    @Test
    void aPatchNeedsItsOwnContentType() {
        editor.create(sku);
        for (var type : List.of("application/json", "application/json-patch+json", "text/plain")) {
            editor.isProblem(
                            editor.request()
                                    .contentType(type)
                                    .body("{\"name\":\"Table\"}".getBytes(StandardCharsets.UTF_8))
                                    .patch(Client.path(sku)),
                            415,
                            "unsupported-media-type")
                    .header("Accept-Patch", "application/merge-patch+json");
        }
        assertThat(etag()).isEqualTo("\"1\"");
    }

    @Test
    void aDraftIsPublishedOnce() {
        long head = editor.head();
        editor.create(sku);
        var published = editor.publish(sku);
        published
                .then()
                .statusCode(200)
                .header("ETag", "\"2\"")
                .body("status", equalTo("published"))
                .body("pmsSync", equalTo("disabled"));
        assertThat(Client.json(published).get("publishedAt"))
                .isEqualTo(Client.json(published).get("updatedAt"));
        editor.publish(sku).then().statusCode(200).header("ETag", "\"2\"").body("pmsSync", equalTo("disabled"));
        editor.patch(sku, "{\"name\":\"Table\"}").then().body("status", equalTo("published"));
        assertThat(toldUpTo(head, 3)).containsExactly("product.created 1", "product.published 2", "product.updated 3");
    }

    @Test
    void anArchivedProductCanBeReadButNotChanged() {
        long head = editor.head();
        editor.create(sku);
        editor.archive(sku).then().statusCode(204).body(equalTo(""));
        editor.archive(sku).then().statusCode(204);
        editor.read(sku).then().statusCode(200).header("ETag", "\"2\"").body("status", equalTo("archived"));
        editor.isProblem(editor.put(sku, renamed(sku, "Table")), 409, "product-archived");
        editor.isProblem(editor.patch(sku, "{\"name\":\"Table\"}"), 409, "product-archived");
        editor.isProblem(editor.publish(sku), 409, "product-archived");
        assertThat(toldUpTo(head, 2)).containsExactly("product.created 1", "product.updated 2");
        assertThat(editor.events(head, sku).get(1).at("/payload/changed")).hasToString("[\"status\"]");
    }

    @Test
    void theHistoryListsActorsAndChangesNewestFirst() {
        var alice = Client.of("alice", "editor");
        var bob = Client.of("bob", "admin");
        alice.create(sku);
        bob.patch(sku, "{\"name\":\"Table\",\"price\":{\"amount\":13}}").then().statusCode(200);
        alice.publish(sku).then().statusCode(200);
        alice.archive(sku).then().statusCode(204);
        await().until(() -> alice.history(sku).size() == 4);
        var history = alice.history(sku);
        assertThat(history.findValuesAsText("type"))
                .containsExactly("product.updated", "product.published", "product.updated", "product.created");
        assertThat(texts(history, "/actor")).containsExactly("alice", "alice", "bob", "alice");
        assertThat(texts(history, "/version")).containsExactly("4", "3", "2", "1");
        assertThat(texts(history, "/traceId"))
                .containsExactly(alice.traceId, alice.traceId, bob.traceId, alice.traceId);
        assertThat(texts(history, "/changed")).containsExactly("[\"status\"]", "[]", "[\"name\",\"price\"]", "[]");
        assertThat(texts(history, "/product/name")).containsExactly("Table", "Table", "Table", "Lamp");
        var positions = new ArrayList<Long>();
        String next = "";
        do {
            var page = Client.json(alice.request()
                    .get(Client.path(sku) + "/history?limit=1" + (next.isEmpty() ? "" : "&after=" + next)));
            page.get("items")
                    .forEach(entry -> positions.add(entry.get("position").longValue()));
            next = page.get("next").isNull() ? null : page.get("next").textValue();
        } while (next != null);
        assertThat(positions).hasSize(4).isSortedAccordingTo(Comparator.reverseOrder());
        alice.isProblem(alice.request().get(Client.path(sku) + "/history?after=Zm9v"), 400, "validation-failed")
                .body("violations.pointer", hasItem("?after"));
    }

    private static List<String> texts(JsonNode array, String pointer) {
        var texts = new ArrayList<String>();
        array.forEach(item -> texts.add(
                item.at(pointer).isValueNode()
                        ? item.at(pointer).asText()
                        : item.at(pointer).toString()));
        return texts;
    }

    @Test
    void concurrentPatchesAreAllMadeOneAfterTheOther() {
        long head = editor.head();
        editor.create(sku);
        var statuses = statuses(32, i -> editor.patch(sku, "{\"attributes\":{\"k" + i + "\":" + i + "}}"));
        assertThat(statuses).containsOnly(200);
        var stored = Client.json(editor.read(sku));
        assertThat(stored.get("version").longValue()).isEqualTo(33);
        assertThat(stored.get("attributes").size()).isEqualTo(32);
        assertThat(toldUpTo(head, 33)).hasSize(33);
        var events = editor.events(head, sku);
        for (int i = 0; i < 33; i++) {
            assertThat(events.get(i).at("/payload/version").longValue()).isEqualTo(i + 1L);
        }
        assertThat(events.stream()
                        .map(event -> event.at("/metadata/position").longValue())
                        .toList())
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void ofConcurrentReplacementsOfOneVersionExactlyOneIsMade() {
        editor.create(sku);
        var statuses = statuses(16, i -> putIf("\"1\"", renamed(sku, "Name " + i)));
        assertThat(statuses)
                .containsOnlyOnce(200)
                .filteredOn(status -> status == 412)
                .hasSize(15);
        assertThat(etag()).isEqualTo("\"2\"");
    }

    @Test
    void anEventCarriesTheActorAndTheTrace() {
        var alice = Client.of("alice@example.org", "editor");
        long head = alice.head();
        alice.create(sku);
        await().until(() -> alice.events(head, sku).size() == 1);
        var metadata = alice.events(head, sku).get(0).get("metadata");
        assertThat(metadata.get("actor").textValue()).isEqualTo("alice@example.org");
        assertThat(metadata.get("traceId").textValue()).isEqualTo(alice.traceId);
        assertThat(metadata.get("subject").textValue()).isEqualTo(sku);
        assertThat(metadata.get("id").textValue()).matches("[0-9a-f-]{14}7[0-9a-f-]{21}");
        assertThat(metadata.get("timestamp").textValue()).endsWith("Z");
        assertThat(metadata.get("position").longValue()).isGreaterThan(head);
    }

    private interface Call {
        Response send(int number);
    }

    private static List<Integer> statuses(int count, Call call) {
        var threads = Executors.newFixedThreadPool(count);
        try {
            var calls = IntStream.range(0, count)
                    .mapToObj(i ->
                            CompletableFuture.supplyAsync(() -> call.send(i).statusCode(), threads))
                    .toList();
            return calls.stream().map(CompletableFuture::join).toList();
        } finally {
            threads.shutdown();
        }
    }
}

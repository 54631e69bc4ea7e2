package org.pmsevents.inventory.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.nullValue;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;

@QuarkusTest
class InventoryResourceTest {
    private static final String MAX = Integer.toString(Integer.MAX_VALUE);

    private final Client editor = Client.editor();
    private final Client keeper = Client.of("stan", "stock");
    private final Client viewer = Client.viewer();
    private final String sku = Client.newSku("STOCK");
    private long head;

    @BeforeEach
    void createProduct() {
        head = editor.createTold(sku);
    }

    private static String line(String sku, long delta) {
        return """
                {"sku":%s,"delta":%s,"reason":"sale"}""".formatted(Client.quoted(sku), delta);
    }

    private List<JsonNode> events() {
        return editor.events(head, sku);
    }

    private List<String> eventTypes() {
        return events().stream().map(event -> event.get("type").textValue()).toList();
    }

    @Test
    void aNewProductHasNoStockAtTheMainLocation() {
        var stock = viewer.stock(sku);
        assertThat(stock.get("sku").textValue()).isEqualTo(sku);
        assertThat(stock.get("location").textValue()).isEqualTo("main");
        assertThat(stock.get("onHand").longValue()).isZero();
        assertThat(stock.get("threshold").isNull()).isTrue();
        assertThat(stock.get("version").longValue()).isEqualTo(1);
        assertThat(stock.has("updatedAt")).isTrue();
    }

    @Test
    void aSkuMayEqualAPathSegment() {
        // the one SKU of the tests that is not random: there may be stock of it from an earlier run
        if (viewer.read("adjustments").statusCode() == 404) {
            editor.create("adjustments");
        }
        keeper.count("adjustments", "{\"onHand\":5,\"reason\":\"count\"}")
                .then()
                .statusCode(200);
        keeper.adjust("adjustments", "{\"delta\":2,\"reason\":\"receipt\"}")
                .then()
                .statusCode(200);
        keeper.threshold("adjustments", "{\"threshold\":1}").then().statusCode(200);
        assertThat(viewer.stock("adjustments").get("onHand").longValue()).isEqualTo(7);
        assertThat(viewer.movements("adjustments").at("/0/onHand").longValue()).isEqualTo(7);
        viewer.request("{\"onHand\":5,\"reason\":\"count\"}")
                .put("/api/inventory/adjustments")
                .then()
                .statusCode(403);
    }

    @Test
    void anAdjustmentIsInTheLedgerAndPublished() {
        var answer = Client.json(keeper.adjust(sku, """
                {"delta":7,"reason":"receipt","reference":"PO \\"1\\""}"""));

        assertThat(answer.get("delta").longValue()).isEqualTo(7);
        assertThat(answer.get("onHand").longValue()).isEqualTo(7);
        assertThat(answer.get("version").longValue()).isEqualTo(2);
        var movement = viewer.movements(sku).get(0);
        assertThat(movement.get("movementId")).isEqualTo(answer.get("movementId"));
        assertThat(movement.get("eventId")).isEqualTo(answer.get("eventId"));
        assertThat(movement.get("reference").textValue()).isEqualTo("PO \"1\"");
        assertThat(movement.get("actor").textValue()).isEqualTo("stan");
        assertThat(movement.get("traceId").textValue()).isEqualTo(keeper.traceId);
        var event = viewer.events(head, sku, 1).get(0);
        assertThat(event.get("type").textValue()).isEqualTo("inventory.updated");
        assertThat(event.at("/metadata/id")).isEqualTo(answer.get("eventId"));
        assertThat(event.at("/metadata/actor").textValue()).isEqualTo("stan");
        assertThat(event.at("/metadata/traceId").textValue()).isEqualTo(keeper.traceId);
        assertThat(event.get("payload").toString())
                .isEqualTo("""
                        {"sku":%s,"location":"main","delta":7,"onHand":7,"version":2,"reason":"receipt",\
                        "reference":"PO \\"1\\"","movementId":%s}""".formatted(Client.quoted(sku), answer.get("movementId")));
    }

    @Test
    void moreThanTheStockCanNotBeTaken() {
        keeper.adjust(sku, 3);
        keeper.isProblem(keeper.adjust(sku, "{\"delta\":-4,\"reason\":\"sale\"}"), 409, "insufficient-stock")
                .body("onHand", equalTo(3));
        assertThat(viewer.movements(sku)).hasSize(1);
        assertThat(keeper.adjust(sku, -3).get("onHand").longValue()).isZero();
    }

    @Test
    void anAdjustmentCanRequireAnExpectedStock() {
        keeper.adjust(sku, 3);
        keeper.isProblem(
                        keeper.adjust(sku, "{\"delta\":1,\"reason\":\"receipt\",\"expectedOnHand\":2}"),
                        409,
                        "stock-changed")
                .body("onHand", equalTo(3));
        keeper.adjust(sku, "{\"delta\":1,\"reason\":\"receipt\",\"expectedOnHand\":3}")
                .then()
                .statusCode(200)
                .body("onHand", equalTo(4));
    }

    @Test
    void stockStaysWithinItsRange() {
        keeper.count(sku, "{\"onHand\":" + MAX + ",\"reason\":\"count\"}")
                .then()
                .statusCode(200);
        keeper.isProblem(keeper.adjust(sku, "{\"delta\":1,\"reason\":\"receipt\"}"), 409, "stock-out-of-range")
                .body("onHand", equalTo(Integer.MAX_VALUE));
    }

    @Test
    void aCountSetsTheStock() {
        keeper.adjust(sku, 3);
        keeper.count(sku, "{\"onHand\":10,\"reason\":\"count\"}")
                .then()
                .statusCode(200)
                .body("delta", equalTo(7))
                .body("onHand", equalTo(10));
        keeper.count(sku, "{\"onHand\":10,\"reason\":\"count\"}")
                .then()
                .statusCode(200)
                .body("delta", equalTo(0))
                .body("version", equalTo(3))
                .body("movementId", nullValue())
                .body("eventId", nullValue());
        assertThat(viewer.movements(sku)).hasSize(2);
        await().untilAsserted(() -> assertThat(eventTypes()).containsExactly("inventory.updated", "inventory.updated"));
        keeper.isProblem(keeper.count(sku, "{\"onHand\":-1,\"reason\":\"count\"}"), 409, "insufficient-stock");
    }

    @Test
    void aCountUnderAKeyIsMadeOnceEvenAfterLaterSales() {
        var path = Client.stockPath(sku);
        var count = "{\"onHand\":10,\"reason\":\"count\"}";
        var first = keeper.request(count).header("Idempotency-Key", sku).put(path);
        assertThat(first.statusCode()).isEqualTo(200);
        keeper.adjust(sku, -4);
        var again = keeper.request(count).header("Idempotency-Key", sku).put(path);
        again.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(viewer.stock(sku).get("onHand").intValue()).isEqualTo(6);
    }

    @ParameterizedTest
    @CsvSource({"location=shop,?location", "atomic=true,?atomic", "Atomic=true,?Atomic"})
    void anUnknownParameterIsRefused(String query, String pointer) {
        var path = Client.stockPath(sku);
        var answers = List.of(
                keeper.request("{\"delta\":1,\"reason\":\"receipt\"}").post(path + "/adjustments?" + query),
                keeper.request("{\"onHand\":1,\"reason\":\"count\"}").put(path + "?" + query),
                keeper.request("{\"threshold\":1}").put(path + "/threshold?" + query));
        answers.forEach(answer -> keeper.isProblem(answer, 400, "validation-failed")
                .body("violations.pointer", equalTo(List.of(pointer)))
                .body("violations.code", equalTo(List.of("unknown-parameter"))));
        assertThat(viewer.movements(sku)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"atomic", "atomic=", "atomic=1", "atomc=true"})
    void anInvalidAtomicParameterIsRefused(String query) {
        keeper.isProblem(
                keeper.request("{\"lines\":[{\"sku\":\"" + sku + "\",\"delta\":1,\"reason\":\"receipt\"}]}")
                        .post("/api/inventory/adjustments?" + query),
                400,
                "validation-failed");
        assertThat(viewer.movements(sku)).isEmpty();
    }

    @Test
    void aLocationWithBackordersMayGoBelowZero() {
        var location = Client.newSku("shop");
        var sale = """
                {"delta":-2,"reason":"sale","location":"%s"}""".formatted(location);
        keeper.isProblem(keeper.adjust(sku, sale), 409, "insufficient-stock").body("onHand", equalTo(0));
        keeper.request("{\"backorders\":true}")
                .put("/api/locations/" + location)
                .then()
                .statusCode(200)
                .body("location", equalTo(location))
                .body("backorders", equalTo(true));
        keeper.adjust(sku, sale)
                .then()
                .statusCode(200)
                .body("onHand", equalTo(-2))
                .body("location", equalTo(location));
        viewer.request()
                .get(Client.stockPath(sku) + "?location=" + location)
                .then()
                .statusCode(200)
                .body("onHand", equalTo(-2));
        assertThat(viewer.stock(sku).get("onHand").longValue()).isZero();
        keeper.request("{\"backorders\":false}")
                .put("/api/locations/" + location)
                .then()
                .statusCode(200);
        keeper.isProblem(keeper.adjust(sku, sale), 409, "insufficient-stock");
        keeper.adjust(sku, "{\"delta\":1,\"reason\":\"sale\",\"location\":\"" + location + "\"}")
                .then()
                .statusCode(200)
                .body("onHand", equalTo(-1));
        viewer.request().get("/api/locations/" + location).then().body("backorders", equalTo(false));
    }

    @Test
    void unknownProductsAndLocationsAreNotFound() {
        var nobody = Client.newSku("NOBODY");
        keeper.isProblem(keeper.adjust(nobody, "{\"delta\":1,\"reason\":\"x\"}"), 404, "product-not-found");
        keeper.isProblem(
                keeper.adjust(nobody, "{\"delta\":1,\"reason\":\"x\",\"location\":\"here\"}"),
                404,
                "product-not-found");
        keeper.isProblem(keeper.count(nobody, "{\"onHand\":1,\"reason\":\"x\"}"), 404, "product-not-found");
        keeper.isProblem(keeper.threshold(nobody, "{\"threshold\":1}"), 404, "product-not-found");
        viewer.isProblem(viewer.request().get(Client.stockPath(nobody)), 404, "product-not-found");
        viewer.isProblem(viewer.request().get(Client.stockPath(nobody) + "/movements"), 404, "product-not-found");
        viewer.isProblem(viewer.request().get(Client.stockPath(sku) + "?location=nowhere"), 404, "stock-not-found");
        viewer.isProblem(viewer.request().get("/api/locations/" + nobody), 404, "location-not-found");
    }

    @Test
    void linesAreAppliedOneByOneInTheirOrder() {
        var other = Client.newSku("OTHER");
        editor.create(other);
        keeper.adjust(sku, 5);
        keeper.adjustAll(
                        line(sku, -4) + "," + line(other, -1) + "," + line(sku, -2) + "," + line("none", 1) + ","
                                + line(sku, -1),
                        false)
                .then()
                .statusCode(200)
                .body("results.index", hasItems(0, 1, 2, 3, 4))
                .body("results.status", equalTo(List.of(200, 409, 409, 404, 200)))
                .body("results[0].onHand", equalTo(1))
                .body("results[2].code", equalTo("insufficient-stock"))
                .body("results[2].onHand", equalTo(1))
                .body("results[3].code", equalTo("product-not-found"))
                .body("results[4].onHand", equalTo(0));
        assertThat(viewer.movements(sku)).hasSize(3);
    }

    @Test
    void atomicLinesAreAppliedAllOrNone() {
        keeper.adjust(sku, 5);
        keeper.isProblem(keeper.adjustAll(line(sku, -4) + "," + line(sku, -2), true), 409, "lines-refused")
                .body("results.status", equalTo(List.of(424, 409)))
                .body("results.onHand", equalTo(List.of(5, 1)))
                .body(
                        "results[1].detail",
                        equalTo(
                                "There are 5 on hand, 1 after the lines before this one, and the location takes no back-orders."));
        keeper.isProblem(keeper.adjustAll(line(sku, -6) + "," + line(sku, -7), true), 409, "lines-refused")
                .body("results.status", equalTo(List.of(409, 409)))
                .body("results.onHand", equalTo(List.of(5, 5)))
                .body("results[1].detail", equalTo("There are 5 on hand, and the location takes no back-orders."));
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(5);
        assertThat(viewer.movements(sku)).hasSize(1);
        keeper.adjustAll(line(sku, -4) + "," + line(sku, -1), true)
                .then()
                .statusCode(200)
                .body("results.status", equalTo(List.of(200, 200)));
        assertThat(viewer.stock(sku).get("onHand").longValue()).isZero();
    }

    @Test
    void lowStockIsPublishedOnceUntilItRisesAgain() {
        keeper.adjust(sku, 10);
        keeper.threshold(sku, "{\"threshold\":5}").then().statusCode(200).body("threshold", equalTo(5));
        keeper.adjust(sku, -5);
        keeper.adjust(sku, -1);
        keeper.adjust(sku, 2);
        keeper.adjust(sku, -1);
        await().until(() -> eventTypes().size() == 7);
        assertThat(eventTypes())
                .containsExactly(
                        "inventory.updated",
                        "inventory.updated",
                        "inventory.alert",
                        "inventory.updated",
                        "inventory.updated",
                        "inventory.updated",
                        "inventory.alert");
        assertThat(events().get(2).get("payload").toString()).isEqualTo("""
                {"sku":%s,"location":"main","onHand":5,"threshold":5}""".formatted(Client.quoted(sku)));
    }

    @Test
    void aThresholdThatIsRaisedCanMakeStockLow() {
        keeper.adjust(sku, 3);
        keeper.threshold(sku, "{\"threshold\":3}").then().statusCode(200).body("version", equalTo(3));
        await().until(() -> eventTypes().contains("inventory.alert"));
        viewer.request()
                .get("/api/inventory?low=true&limit=500")
                .then()
                .statusCode(200)
                .body("items.sku", hasItems(sku));
        keeper.threshold(sku, "{\"threshold\":null}").then().statusCode(200).body("threshold", nullValue());
        assertThat(Client.json(viewer.request().get("/api/inventory?low=true&limit=500"))
                        .toString())
                .doesNotContain(sku);
    }

    @Test
    void theListIsPagedBySkuAndLocation() {
        keeper.adjust(sku, "{\"delta\":1,\"reason\":\"x\",\"location\":\"annex\"}");
        String next = null;
        int found = 0;
        do {
            var page = Client.json(
                    viewer.request().get("/api/inventory?limit=500" + (next == null ? "" : "&after=" + next)));
            for (var item : page.get("items")) {
                if (item.get("sku").textValue().equals(sku)) {
                    assertThat(item.get("location").textValue()).isEqualTo(found == 0 ? "annex" : "main");
                    found++;
                }
            }
            next = page.get("next").textValue();
        } while (next != null);
        assertThat(found).isEqualTo(2);
    }

    @Test
    void theLedgerIsPagedFromTheNewest() {
        for (int i = 1; i <= 3; i++) {
            keeper.adjust(sku, i);
        }
        var first = Client.json(viewer.request().get(Client.stockPath(sku) + "/movements?limit=2"));
        assertThat(first.get("items").findValuesAsText("delta")).containsExactly("3", "2");
        var second = Client.json(viewer.request()
                .get(Client.stockPath(sku) + "/movements?limit=2&after="
                        + first.get("next").textValue()));
        assertThat(second.get("items").findValuesAsText("delta")).containsExactly("1");
        assertThat(second.get("next").isNull()).isTrue();
    }

    @Test
    void anArchivedProductCanStillBeAdjusted() {
        editor.archive(sku).then().statusCode(204);
        assertThat(keeper.adjust(sku, 1).get("onHand").longValue()).isEqualTo(1);
    }

    @Test
    void rolesAreRequired() {
        viewer.isProblem(viewer.adjust(sku, "{\"delta\":1,\"reason\":\"x\"}"), 403, "forbidden");
        editor.isProblem(editor.count(sku, "{\"onHand\":1,\"reason\":\"x\"}"), 403, "forbidden");
        viewer.isProblem(viewer.threshold(sku, "{\"threshold\":1}"), 403, "forbidden");
        viewer.isProblem(viewer.adjustAll(line(sku, 1), false), 403, "forbidden");
        viewer.isProblem(viewer.request("{\"backorders\":true}").put("/api/locations/x"), 403, "forbidden");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                              | /delta     | required",
                "{\"delta\":0,\"reason\":\"a\"}                    | /delta     | zero",
                "{\"delta\":1.9,\"reason\":\"a\"}                  | /delta     | type",
                "{\"delta\":\"1\",\"reason\":\"a\"}                | /delta     | type",
                "{\"delta\":1e-1,\"reason\":\"a\"}                 | /delta     | type",
                "{\"delta\":2147483648,\"reason\":\"a\"}           | /delta     | out-of-range",
                "{\"delta\":1,\"reason\":\"Sale\"}                 | /reason    | pattern",
                "{\"delta\":1}                                   | /reason    | required",
                "{\"delta\":1,\"reason\":\"a\",\"location\":\"a/b\"} | /location  | pattern",
                "{\"delta\":1,\"reason\":\"a\",\"expectedOnHand\":0.5} | /expectedOnHand | type",
                "{\"delta\":1,\"reason\":\"a\",\"qty\":1}          | /qty       | unknown-field",
                "{\"delta\":1,\"delta\":2,\"reason\":\"a\"}        | /delta     | duplicate-key"
            })
    void badAdjustmentsAreRefused(String body, String pointer, String code) {
        keeper.isProblem(keeper.adjust(sku, body), 400, "validation-failed")
                .body("violations.pointer", hasItems(pointer))
                .body("violations.code", hasItems(code));
        assertThat(viewer.movements(sku)).isEmpty();
    }

    @Test
    void badLinesRefuseTheWholeRequest() {
        keeper.isProblem(
                        keeper.adjustAll(line(sku, 1) + ",{\"sku\":\"" + sku + "\",\"delta\":0},7", false),
                        400,
                        "validation-failed")
                .body("violations.pointer", hasItems("/lines/1/delta", "/lines/1/reason", "/lines/2"));
        keeper.isProblem(keeper.adjustAll("", false), 400, "validation-failed");
        keeper.isProblem(
                keeper.request("{\"lines\":[" + line(sku, 1) + "]}").post("/api/inventory/adjustments?atomic=yes"),
                400,
                "validation-failed");
        assertThat(viewer.movements(sku)).isEmpty();
    }

    @Test
    void moreThanAThousandLinesAreRefused() {
        var lines = (line(sku, 1) + ",").repeat(1_000) + line(sku, 1);
        keeper.isProblem(keeper.adjustAll(lines, false), 400, "validation-failed")
                .body("violations.code", hasItems("too-many"));
        keeper.adjustAll(lines.substring(line(sku, 1).length() + 1), false)
                .then()
                .statusCode(200);
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(1_000);
    }

    @Test
    void aRequestUnderAKeyIsExecutedOnce() {
        var key = UUID.randomUUID().toString();
        var body = "{\"delta\":5,\"reason\":\"receipt\"}";
        var path = Client.stockPath(sku) + "/adjustments";
        var first = keeper.request(body).header("Idempotency-Key", key).post(path);
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.header("Idempotent-Replayed")).isNull();
        var again = Client.of("stan", "stock")
                .request(body)
                .header("Idempotency-Key", "\"" + key + "\"")
                .post(path);
        again.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        keeper.isProblem(
                keeper.request(body.replace("5", "6"))
                        .header("Idempotency-Key", key)
                        .post(path),
                422,
                "idempotency-key-reused");
        Client.of("sue", "stock")
                .request(body)
                .header("Idempotency-Key", key)
                .post(path)
                .then()
                .statusCode(200);
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(10);
    }

    @Test
    void aRefusalIsStoredUnderItsKey() {
        var key = UUID.randomUUID().toString();
        var path = Client.stockPath(sku) + "/adjustments";
        var body = "{\"delta\":-5,\"reason\":\"sale\"}";
        var first = keeper.request(body).header("Idempotency-Key", key).post(path);
        keeper.isProblem(first, 409, "insufficient-stock");
        keeper.adjust(sku, 10);
        var again = Client.of("stan", "stock")
                .request(body)
                .header("Idempotency-Key", key)
                .post(path);
        again.then().statusCode(409).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        keeper.isProblem(
                keeper.request("{\"delta\":0}")
                        .header("Idempotency-Key", "k" + key)
                        .post(path),
                400,
                "validation-failed");
        keeper.request(body)
                .header("Idempotency-Key", "k" + key)
                .post(path)
                .then()
                .statusCode(200);
    }

    @Test
    void theResultsOfLinesAreStoredUnderTheirKey() {
        var key = UUID.randomUUID().toString();
        var body = "{\"lines\":[" + line(sku, 3) + "," + line(sku, -9) + "," + line("none", 1) + "]}";
        var first = keeper.request(body).header("Idempotency-Key", key).post("/api/inventory/adjustments");
        var again = keeper.request(body).header("Idempotency-Key", key).post("/api/inventory/adjustments");
        again.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        var atomic = keeper.request(body)
                .header("Idempotency-Key", key + "a")
                .post("/api/inventory/adjustments?atomic=true");
        keeper.isProblem(atomic, 409, "lines-refused");
        var atomicAgain = keeper.request(body)
                .header("Idempotency-Key", key + "a")
                .post("/api/inventory/adjustments?atomic=true");
        atomicAgain.then().statusCode(409).header("Idempotent-Replayed", "true");
        assertThat(atomicAgain.asString()).isEqualTo(atomic.asString());
        assertThat(viewer.movements(sku)).hasSize(1);
    }

    @Test
    void productsAndPublicationsHaveKeysToo() {
        var key = UUID.randomUUID().toString();
        var created = Client.newSku("KEYED");
        var body = Client.product(created);
        var first = editor.request(body).header("Idempotency-Key", key).post("/api/products");
        assertThat(first.statusCode()).isEqualTo(201);
        var again = editor.request(body).header("Idempotency-Key", key).post("/api/products");
        again.then()
                .statusCode(201)
                .header("Idempotent-Replayed", "true")
                .header("ETag", first.header("ETag"))
                .header("Location", first.header("Location"));
        assertThat(again.asString()).isEqualTo(first.asString());
        editor.isProblem(
                editor.request(body).header("Idempotency-Key", key + "2").post("/api/products"), 409, "product-exists");
        editor.request(body)
                .header("Idempotency-Key", key + "2")
                .post("/api/products")
                .then()
                .statusCode(409)
                .header("Idempotent-Replayed", "true");
        var path = Client.path(created) + "/publish";
        var published = editor.request().header("Idempotency-Key", key).post(path);
        assertThat(published.statusCode()).isEqualTo(200);
        editor.patch(created, "{\"name\":\"Later\"}").then().statusCode(200);
        var publishedAgain = editor.request().header("Idempotency-Key", key).post(path);
        publishedAgain.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(publishedAgain.asString()).isEqualTo(published.asString());
    }

    @ParameterizedTest
    @CsvSource({"''", "'\"\"'", "'a\"b'", "'ä'"})
    void badKeysAreRefused(String key) {
        keeper.isProblem(
                keeper.request("{\"delta\":1,\"reason\":\"x\"}")
                        .header("Idempotency-Key", key)
                        .post(Client.stockPath(sku) + "/adjustments"),
                400,
                "invalid-header");
        assertThat(viewer.movements(sku)).isEmpty();
    }
}

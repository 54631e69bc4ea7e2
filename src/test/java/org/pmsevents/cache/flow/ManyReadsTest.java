package org.pmsevents.cache.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.pmsevents.Waiting.get;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;

/** Reads of several SKUs, and of all locations of one. */
@QuarkusTest
class ManyReadsTest {

    /** More than what the replica loads by itself meanwhile, far fewer than there are SKUs. */
    private static final long FEW = 20;

    private final Client user = Client.of("sam", "editor", "stock");
    private final String mark = Client.newSku("M ");

    @Inject
    Pool pool;

    @Inject
    CacheMeters meters;

    private void sql(String statement, Object... parameters) {
        get(pool.preparedQuery(statement).execute(Tuple.from(List.of(parameters))));
    }

    private static String query(List<String> skus) {
        return skus.stream()
                .map(sku -> "sku=" + URLEncoder.encode(sku, StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private JsonNode many(String path, List<String> skus) {
        var answer = user.request().get(path + query(skus));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }

    private JsonNode products(String... skus) {
        return many("/api/products?", List.of(skus));
    }

    private static List<String> skus(JsonNode answer) {
        return answer.get("items").findValuesAsText("sku");
    }

    private static List<String> missing(JsonNode answer) {
        var missing = new ArrayList<String>();
        answer.get("missing").forEach(sku -> missing.add(sku.textValue()));
        return missing;
    }

    @Test
    void theyComeInTheOrderAskedEachOnceAndWhatDoesNotExistIsNamed() {
        var a = mark + "a";
        var b = mark + "b";
        var decomposed = mark + "A\u0308";
        var composed = mark + "\u00c4";
        List.of(a, b, decomposed).forEach(user::create);
        var answer = products(b, mark + "\"no", a, "a/b", decomposed, b, composed, mark + "\"no", " ");
        assertThat(skus(answer)).containsExactly(b, a, composed);
        assertThat(missing(answer)).containsExactly(mark + "\"no", "a/b", " ");
        assertThat(answer.get("items").get(1)).isEqualTo(Client.json(user.read(a)));
        assertThat(products(mark)).hasToString("{\"items\":[],\"missing\":[\"" + mark + "\"]}");
    }

    @Test
    void anArchivedProductIsRead() {
        user.create(mark);
        user.archive(mark).then().statusCode(204);
        assertThat(products(mark).at("/items/0/status").textValue()).isEqualTo("archived");
    }

    @Test
    void oneQueryReadsWhatIsNotCachedAndTheRestIsNotReadAgain() {
        var all = IntStream.range(0, 100).mapToObj(i -> mark + i).toList();
        // behind the cache's back, so that nothing of them is cached
        all.stream().filter(sku -> !sku.endsWith("7")).forEach(sku -> sql("""
                WITH created AS (
                  INSERT INTO product SELECT $1, 'Lamp', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL RETURNING sku)
                INSERT INTO stock (sku, location) SELECT sku, 'main' FROM created
                """, sku));
        var changes = Map.of(
                "/api/products?", "UPDATE product SET name = 'Behind' WHERE sku = ANY($1)",
                "/api/inventory?", "UPDATE stock SET on_hand = 9 WHERE sku = ANY($1)");
        changes.forEach((path, change) -> {
            long before = meters.loadsDone();
            var answer = many(path, all);
            assertThat(answer.get("items")).hasSize(90);
            assertThat(missing(answer)).hasSize(10).allMatch(sku -> sku.endsWith("7"));
            assertThat(meters.loadsDone() - before).as(path).isBetween(1L, FEW);
            sql(change, (Object) all.toArray(String[]::new));
            assertThat(many(path, all)).isEqualTo(answer);
        });
        user.read(mark + "1").then().body("name", equalTo("Lamp"));
        user.patch(mark + "1", "{\"name\":\"Desk\"}").then().statusCode(200);
        var answer = many("/api/products?", all);
        assertThat(answer.at("/items/1/name").textValue()).isEqualTo("Desk");
        assertThat(answer.at("/items/2/name").textValue()).isEqualTo("Lamp");
    }

    @Test
    void stockIsReadAtOneLocation() {
        var a = mark + "a";
        var b = mark + "b";
        List.of(a, b).forEach(user::create);
        user.adjust(b, 3);
        user.adjust(b, "{\"delta\":5,\"reason\":\"receipt\",\"location\":\"" + mark + "\"}")
                .then()
                .statusCode(200);
        var answer = many("/api/inventory?", List.of(b, a, mark));
        assertThat(answer.get("items").get(0)).isEqualTo(user.stock(b));
        assertThat(skus(answer)).containsExactly(b, a);
        assertThat(missing(answer)).containsExactly(mark);
        var there =
                many("/api/inventory?location=" + URLEncoder.encode(mark, StandardCharsets.UTF_8) + "&", List.of(a, b));
        assertThat(there.at("/items/0/onHand").longValue()).isEqualTo(5);
        assertThat(missing(there)).containsExactly(a);
        assertThat(missing(many("/api/inventory?location=a%2Fb&", List.of(a)))).containsExactly(a);
    }

    @Test
    void theStockOfAllLocationsIsReadWithItsSum() {
        user.create(mark);
        var path = Client.stockPath(mark) + "/locations";
        assertThat(Client.json(user.request().get(path)).get("items").get(0)).isEqualTo(user.stock(mark));
        user.adjust(mark, 3);
        user.adjust(mark, "{\"delta\":5,\"reason\":\"receipt\",\"location\":\"annex\"}")
                .then()
                .statusCode(200);
        user.request()
                .get(path)
                .then()
                .statusCode(200)
                .body("onHand", equalTo(8))
                .body("items.location", equalTo(List.of("annex", "main")));
        user.threshold(mark, "{\"threshold\":4,\"location\":\"annex\"}").then().statusCode(200);
        user.archive(mark).then().statusCode(204);
        user.request()
                .get(path)
                .then()
                .statusCode(200)
                .body("onHand", equalTo(8))
                .body("items[0].threshold", equalTo(4));
        user.isProblem(user.request().get(Client.stockPath(mark + "x") + "/locations"), 404, "product-not-found");
        if (user.read("adjustments").statusCode() == 404) {
            user.create("adjustments");
        }
        user.request().get("/api/inventory/adjustments/locations").then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"status=draft", "tag=x", "q=x", "limit=5", "after=x", "limit"})
    void productsByTheirSkusAreNoPage(String other) {
        refuses("/api/products?sku=A&" + other, "?" + other.replaceAll("=.*", ""), "not-combinable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"low=true", "limit=5", "after=x"})
    void stockBySkusIsNoPage(String other) {
        refuses("/api/inventory?sku=A&" + other, "?" + other.replaceAll("=.*", ""), "not-combinable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/products?", "/api/inventory?"})
    void moreThanAHundredDifferentOnesAreRefused(String path) {
        var all = IntStream.range(0, 101).mapToObj(i -> "X" + i).toList();
        refuses(path + query(all), "?sku", "too-many");
        refuses(path + "sku=A&sku=", "?sku", "format");
        var twice = new ArrayList<>(all.subList(0, 100));
        twice.add("X0");
        assertThat(missing(many(path, twice))).isEqualTo(all.subList(0, 100));
    }

    private void refuses(String path, String pointer, String code) {
        user.isProblem(user.request().get(path), 400, "validation-failed")
                .body("violations.pointer", hasItem(pointer))
                .body("violations.code", hasItem(code));
    }
}

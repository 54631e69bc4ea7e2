package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;

import io.quarkus.test.junit.QuarkusTest;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.platform.json.PathName;

@QuarkusTest
class SkuTest {
    private final Client editor = Client.editor();
    private final Client keeper = Client.of("karl", "viewer", "stock");

    static Stream<String> valid() {
        return Stream.of(
                "BANK CHARGES",
                "85123A",
                "85123a",
                "a",
                "...",
                ".a",
                "a..b",
                "a+b&c=d",
                "ä\u00A0ö",
                "商品",
                "*",
                "-",
                "\"'\\`{}|^<>",
                "x".repeat(64),
                "😀".repeat(64));
    }

    static Stream<String> invalid() {
        return Stream.of(
                "",
                " ",
                "\u00A0",
                ".",
                "..",
                " a",
                "a ",
                "\u00A0a",
                "a\u00A0",
                "a\u2003",
                "\u3000a",
                "a\u2028",
                "a/b",
                "a;b",
                "a%b",
                "a%2Fb",
                "a?b",
                "a#b",
                "a\tb",
                "a\nb",
                "a\u007Fb",
                "a\u0085b",
                "x".repeat(65),
                "😀".repeat(65));
    }

    @ParameterizedTest
    @MethodSource
    void valid(String sku) {
        assertThat(PathName.fault(sku)).isNull();
    }

    @ParameterizedTest
    @MethodSource
    void invalid(String sku) {
        assertThat(PathName.fault(sku)).isNotNull();
        editor.isProblem(editor.request(Client.product(sku)).post("/api/products"), 400, "validation-failed")
                .body("violations.pointer", equalTo(List.of("/sku")));
    }

    static IntStream unseen() {
        return IntStream.of(
                0x00AD, 0x034F, 0x061C, 0x115F, 0x17B4, 0x180B, 0x200B, 0x200D, 0x200E, 0x2028, 0x2029, 0x202E, 0x2060,
                0x2066, 0x2800, 0x3164, 0xE000, 0xFDD0, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFF, 0xE0001, 0xE0041,
                0xE0100, 0x1FFFE, 0x100000, 0x10FFFF);
    }

    @ParameterizedTest
    @MethodSource
    void unseen(int codePoint) {
        var character = Character.toString(codePoint);
        var named = containsString(String.format(Locale.ROOT, "U+%04X", codePoint));
        for (var name : List.of("a" + character + "b", character + "b", "a" + character)) {
            editor.isProblem(editor.request(Client.product(name)).post("/api/products"), 400, "validation-failed")
                    .body("violations.pointer", equalTo(List.of("/sku")))
                    .body("violations[0].code", equalTo("pattern"))
                    .body("violations[0].detail", named);
            keeper.isProblem(keeper.request("{\"backorders\":true}").put(locationPath(name)), 400, "validation-failed")
                    .body("violations[0].detail", named);
        }
        keeper.isProblem(keeper.adjust("ANY", arrival("a" + character + "b")), 400, "validation-failed")
                .body("violations.pointer", equalTo(List.of("/location")))
                .body("violations[0].detail", named);
    }

    /** U+00C4 and A with U+0308 are the same letter, whoever sends it and wherever. */
    @Test
    void anotherSpellingOfTheSameLettersIsTheSameProduct() {
        var composed = Client.newSku("\u00C4 \uAC00 ");
        var decomposed = Normalizer.normalize(composed, Normalizer.Form.NFD);
        assertThat(decomposed).isNotEqualTo(composed);
        assertThat(editor.create(decomposed).path("sku").textValue()).isEqualTo(composed);
        editor.isProblem(editor.request(Client.product(composed)).post("/api/products"), 409, "product-exists");
        for (var spelling : List.of(composed, decomposed)) {
            var name =
                    Client.json(editor.patch(spelling, "{\"name\":\"" + spelling + "\",\"sku\":\"" + spelling + "\"}"));
            assertThat(name.path("name").textValue()).isEqualTo(composed);
            editor.read(spelling).then().statusCode(200).body("sku", equalTo(composed));
            editor.put(spelling, Client.product(spelling)).then().statusCode(200);
            editor.publish(spelling).then().statusCode(200);
            editor.request().get(Client.path(spelling) + "/history").then().statusCode(200);
            var q = Client.path(spelling).substring("/api/products/".length());
            editor.request().get("/api/products?q=" + q).then().body("items.sku", equalTo(List.of(composed)));
            keeper.adjust(spelling, arrival(spelling))
                    .then()
                    .statusCode(200)
                    .body("sku", equalTo(composed))
                    .body("location", equalTo(composed));
            keeper.adjustAll("{\"sku\":\"" + spelling + "\",\"delta\":1,\"reason\":\"receipt\"}", false)
                    .then()
                    .body("results[0].status", equalTo(200));
            keeper.threshold(spelling, "{\"threshold\":1}").then().statusCode(200);
            keeper.count(spelling, "{\"onHand\":9,\"reason\":\"count\"}").then().statusCode(200);
            keeper.request().get(locationPath(spelling)).then().statusCode(200);
            keeper.request()
                    .get(Client.stockPath(spelling) + "/movements?location=" + q)
                    .then()
                    .body("items.location", hasItem(composed));
        }
        keeper.request()
                .get(Client.stockPath(decomposed) + "?location="
                        + Client.path(decomposed).substring("/api/products/".length()))
                .then()
                .statusCode(200)
                .body("onHand", equalTo(10));
        editor.archive(decomposed).then().statusCode(204);
        editor.read(composed).then().body("status", equalTo("archived"));
    }

    private static String arrival(String location) {
        return "{\"delta\":5,\"reason\":\"receipt\",\"location\":" + Client.quoted(location) + "}";
    }

    private static String locationPath(String location) {
        return Client.path(location).replace("/api/products/", "/api/locations/");
    }

    @Test
    void productsOfTheLongestSkusAreKept() {
        var long64 = Client.newSku("😀".repeat(51));
        assertThat(long64.codePointCount(0, long64.length())).isEqualTo(64);
        editor.create(long64);
        editor.read(long64).then().statusCode(200).body("sku", equalTo(long64));
    }

    @Test
    void caseMakesAnotherProduct() {
        var upper = Client.newSku("85123A-");
        var lower = upper.replace('A', 'a');
        editor.create(upper);
        editor.isProblem(editor.read(lower), 404, "product-not-found");
        editor.create(lower);
        editor.patch(lower, "{\"name\":\"Table\"}").then().statusCode(200);
        editor.read(upper).then().body("name", equalTo("Lamp"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SKU;b",
                "SKU;",
                "SKU;x=1",
                ";SKU",
                "SKU%3Bb",
                "SKU%2Fb",
                "SKU%2F",
                "%2FSKU",
                "SKU/b",
                "SKU%20",
                "%20SKU",
                "SKU%25",
                "SKU%3F",
                "SKU%23",
                "SKU%0A",
                "SKU%C2%A0"
            })
    void aPathThatCanBeNoSkuIsNotFoundAndNeverMeansAnotherProduct(String odd) {
        var sku = Client.newSku("ODD");
        editor.create(sku);
        var path = "/api/products/" + odd.replace("SKU", sku);
        assertThat(editor.request().get(path).statusCode()).isEqualTo(404);
        assertThat(editor.request().delete(path).statusCode()).isEqualTo(404);
        assertThat(editor.request().post(path + "/publish").statusCode()).isEqualTo(404);
        assertThat(editor.request().get(path + "/history").statusCode()).isEqualTo(404);
        assertThat(editor.request(Client.product(sku)).put(path).statusCode()).isEqualTo(404);
        assertThat(editor.request().get(path).contentType()).isEqualTo("application/problem+json");
        editor.read(sku).then().statusCode(200).header("ETag", "\"1\"");
    }
}

package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
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
        assertThat(PathName.isValid(sku)).isTrue();
    }

    @ParameterizedTest
    @MethodSource
    void invalid(String sku) {
        assertThat(PathName.isValid(sku)).isFalse();
        editor.isProblem(editor.request(Client.product(sku)).post("/api/products"), 400, "validation-failed")
                .body("violations.pointer", equalTo(List.of("/sku")));
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

package org.pmsevents.http.security;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;

@QuarkusTest
class SecurityHeadersTest {
    private static final String PAGE =
            "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none';"
                    + " base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

    private static void hasWhatEveryAnswerHas(Response answer) {
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
        assertThat(answer.header("Content-Security-Policy")).contains("frame-ancestors 'none'");
        assertThat(answer.headers().getList("Content-Security-Policy")).hasSize(1);
        assertThat(answer.header("Strict-Transport-Security")).isNull();
        assertThat(answer.header("Server")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/index.html", "/nothing", "/q/openapi"})
    void aPageMayRunNothingThatIsNotItsOwn(String path) {
        var answer = given().get(path);
        hasWhatEveryAnswerHas(answer);
        assertThat(answer.header("Content-Security-Policy")).isEqualTo(PAGE);
        assertThat(answer.header("Permissions-Policy")).contains("camera=()", "geolocation=()");
    }

    @ParameterizedTest
    @CsvSource({"/api/products, 200", "/api/nothing, 404", "/api/products?limit=x, 400", "/api/jobs, 403"})
    void dataMayDoNothingAndIsKeptByNobody(String path, int status) {
        var answer = Client.viewer().request().get(path);
        assertThat(answer.statusCode()).isEqualTo(status);
        hasWhatEveryAnswerHas(answer);
        assertThat(answer.header("Content-Security-Policy")).isEqualTo("default-src 'none'; frame-ancestors 'none'");
        assertThat(answer.headers().getValues("Cache-Control")).containsExactly("no-store");
    }

    @Test
    void aRefusedCallerIsToldTheSame() {
        var answer = given().get("/api/products");
        assertThat(answer.statusCode()).isEqualTo(401);
        hasWhatEveryAnswerHas(answer);
        assertThat(answer.headers().getValues("Cache-Control")).containsExactly("no-store");
    }

    @Test
    void aProductMayBeKeptByWhoAsksWhetherItIsStillTrue() {
        var editor = Client.editor();
        var sku = Client.newSku("headers-");
        editor.create(sku);
        var first = editor.read(sku);
        assertThat(first.headers().getValues("Cache-Control")).containsExactly("private, no-cache");
        var again =
                editor.request().header("If-None-Match", first.header("ETag")).get(Client.path(sku));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.headers().getValues("Cache-Control")).containsExactly("private, no-cache");
    }

    @Test
    void swaggerUiMayRunItsOwnInlineScript() {
        var answer = given().get("/q/swagger-ui/");
        assertThat(answer.statusCode()).isEqualTo(200);
        hasWhatEveryAnswerHas(answer);
        assertThat(answer.header("Content-Security-Policy"))
                .contains("script-src 'self' 'unsafe-inline'", "default-src 'self'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "null", "http://localhost"})
    void pagesOfOtherOriginsReadNothing(String origin) {
        var answer = Client.viewer().request().header("Origin", origin).get("/api/products");
        assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
        assertThat(answer.header("Access-Control-Allow-Credentials")).isNull();
        var preflight = given().header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization")
                .options("/api/products");
        assertThat(preflight.header("Access-Control-Allow-Origin")).isNull();
        assertThat(preflight.header("Access-Control-Allow-Methods")).isNull();
    }
}

package org.pmsevents.http.security;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.QuickFeed;

@QuarkusTest
@TestProfile(QuickFeed.class)
class AllowedOriginsTest {
    private static final String SHOP = QuickFeed.SHOP;

    /** What somebody sets who has a page elsewhere, and only TLS. */
    @Test
    void pagesOfAnAllowedOriginMayReadAndWrite() {
        var answer = Client.viewer().request().header("Origin", SHOP).get("/api/products");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(SHOP);
        assertThat(answer.header("Access-Control-Expose-Headers")).contains("ETag", "Feed-Position");
        var preflight = given().header("Origin", SHOP)
                .header("Access-Control-Request-Method", "PATCH")
                .header("Access-Control-Request-Headers", "authorization,cache-control,if-match")
                .options("/api/products/x");
        assertThat(preflight.statusCode()).isEqualTo(200);
        assertThat(preflight.header("Access-Control-Allow-Methods")).contains("PATCH");
        assertThat(preflight.header("Access-Control-Allow-Headers")).contains("Cache-Control");
        assertThat(preflight.headers().getValues("Vary")).containsExactly("origin");
    }

    @Test
    void anOriginIsTheSameWithItsDefaultPort() {
        var answer = Client.viewer().request().header("Origin", SHOP + ":443").get("/api/products");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(SHOP);
    }

    @Test
    void noCacheMayGiveTheAnswerForOneOriginToAnother() {
        for (var request : List.of(
                Client.viewer().request(),
                Client.viewer().request().header("Origin", SHOP),
                Client.viewer().request().header("Origin", "https://evil.example"))) {
            assertThat(request.get("/api/products").headers().getValues("Vary")).containsExactly("origin");
        }
    }

    @Test
    void pagesOfOtherOriginsStillMayNot() {
        var answer = Client.viewer()
                .request()
                .header("Origin", "https://evil.example")
                .get("/api/products");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
    }

    @Test
    void browsersAreToldToUseTlsOnly() {
        assertThat(given().get("/q/openapi").header("Strict-Transport-Security"))
                .isEqualTo("max-age=31536000");
    }
}

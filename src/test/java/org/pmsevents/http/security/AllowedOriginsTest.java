package org.pmsevents.http.security;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
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
        var preflight = given().header("Origin", SHOP)
                .header("Access-Control-Request-Method", "PATCH")
                .header("Access-Control-Request-Headers", "authorization,if-match")
                .options("/api/products/x");
        assertThat(preflight.statusCode()).isEqualTo(200);
        assertThat(preflight.header("Access-Control-Allow-Methods")).contains("PATCH");
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

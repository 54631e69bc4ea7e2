package org.pmsevents.http.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.Described;

/** A parameter that means nothing is refused by every call, not overlooked. */
@QuarkusTest
class QueryParametersTest {
    private final Client client = Client.of("root", "admin");

    /** Of every call that the description has, so that a new one is judged alike. */
    @Test
    void everyCallRefusesAnUnknownParameterAndNamesThoseItHas() {
        var described = new Described(Client.json(client.request().get("/q/openapi?format=json")));
        int judged = 0;
        for (var call : described.calls()) {
            if (call.path().startsWith("/api/")) {
                judged++;
                refuses(
                        call.method(),
                        call.path(),
                        described.body(call),
                        described.parameters(call, "query").stream()
                                .map(parameter -> parameter.get("name").asText())
                                .toList());
            }
        }
        assertThat(judged).isGreaterThan(30);
    }

    private void refuses(String method, String path, JsonNode bodies, List<String> known) {
        var request = bodies.isEmpty()
                ? client.request()
                : client.request().contentType(bodies.fieldNames().next()).body("{}");
        var answer = request.request(
                method, path.replaceAll("\\{[a-z]+}", UUID.randomUUID().toString()) + "?lmit=7");
        assertThat(answer.statusCode()).as(method + " " + path).isEqualTo(400);
        var violation = Client.json(answer).at("/violations/0");
        assertThat(violation.get("pointer").asText()).isEqualTo("?lmit");
        assertThat(violation.get("code").asText()).isEqualTo("unknown-parameter");
        var detail = violation.get("detail").asText();
        var named = detail.replaceFirst(".*Known are: (.*)\\.$", "$1");
        assertThat(named.equals(detail) ? List.of() : List.of(named.split(", ")))
                .as(method + " " + path)
                .hasSameElementsAs(known);
    }

    @Test
    void allUnknownParametersAreNamedHoweverTheyAreSpelt() {
        client.isProblem(
                        client.request().get("/api/products?Limit=7&%6cimit=7&q=x&n%C3%A4me=1"),
                        400,
                        "validation-failed")
                .body("violations.pointer", equalTo(List.of("?Limit", "?näme")))
                .body("violations[0].detail", containsString("status, tag, q, limit, after"));
        client.request().get("/api/products?%6cimit=7&&").then().statusCode(200);
        client.request().head("/api/products?Limit=7").then().statusCode(400);
    }

    @Test
    void whatIsNoCallOfTheApiHasItsOwnRules() {
        client.request().get("/q/openapi?format=json&x=1").then().statusCode(200);
        client.request().get("/?from=mail").then().statusCode(200);
        var preflight = client.anonymous()
                .header("Origin", "https://shop.example")
                .header("Access-Control-Request-Method", "GET")
                .options("/api/products?Limit=7");
        assertThat(preflight.statusCode()).isNotEqualTo(400);
        client.request("{}").post("/webhooks/pms/stock?tenant=7").then().statusCode(401);
    }
}
